import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Nobody's settings but those of the test. */
export const GIT_ENV = {
  ...process.env,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@b.invalid',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@b.invalid',
};

export async function git(cwd: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run('git', args, { cwd, env: GIT_ENV });
  return stdout.trim();
}

/** A repository with a first commit on `main`. */
export class Repository {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(folder: string, files: Readonly<Record<string, string>>): Promise<Repository> {
    await mkdir(folder, { recursive: true });
    await git(folder, 'init', '-q', '-b', 'main');
    const repository = new Repository(folder);
    await repository.commit(files);
    return repository;
  }

  /** @returns its id */
  async commit(files: Readonly<Record<string, string>>): Promise<string> {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(this.folder, name)), { recursive: true });
      await writeFile(join(this.folder, name), content);
    }
    await git(this.folder, 'add', '-A');
    await git(this.folder, 'commit', '-q', '-m', 'change');
    return git(this.folder, 'rev-parse', 'HEAD');
  }

  get url(): string {
    return `file://${this.folder}`;
  }
}

/** Serves the repositories below a folder over HTTP, by git's own program for that. */
export class GitServer {
  readonly requests: { readonly url: string; readonly authorization: string | undefined }[] = [];
  /** What the next requests are answered with instead. */
  readonly statuses: number[] = [];
  /** The `Authorization` header that it wants; undefined for none. */
  authorization: string | undefined;
  /** Milliseconds before each answer. */
  delay = 0;
  /** Where it sends everybody instead. */
  redirect: string | undefined;
  readonly #backends = new Set<ChildProcess>();
  readonly #server: Server;
  readonly #root: string;

  private constructor(root: string, server: Server) {
    this.#root = root;
    this.#server = server;
  }

  static async listen(root: string): Promise<GitServer> {
    const server = createServer((request, response) =>
      setTimeout(() => served.#answer(request, response), served.delay),
    );
    const served = new GitServer(root, server);
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return served;
  }

  url(name: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${name}`;
  }

  async close(): Promise<void> {
    for (const backend of this.#backends) backend.kill('SIGKILL');
    this.#server.closeAllConnections();
    await new Promise(resolve => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { url = '', headers } = request;
    this.requests.push({ url, authorization: headers.authorization });
    const status = this.statuses.shift();
    if (status !== undefined) return void response.writeHead(status).end();
    if (this.redirect !== undefined) {
      return void response.writeHead(302, { location: `${this.redirect}${url}` }).end();
    }
    if (this.authorization !== undefined && headers.authorization !== this.authorization) {
      return void response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    }
    const [path = '', query = ''] = url.split('?');
    const backend = spawn('git', ['http-backend'], {
      env: {
        ...GIT_ENV,
        GIT_PROJECT_ROOT: this.#root,
        GIT_HTTP_EXPORT_ALL: '1',
        PATH_INFO: path,
        QUERY_STRING: query,
        REQUEST_METHOD: request.method ?? 'GET',
        CONTENT_TYPE: headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: String(headers['content-encoding'] ?? ''),
        GIT_PROTOCOL: String(headers['git-protocol'] ?? ''),
        REMOTE_ADDR: '127.0.0.1',
      },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.#backends.add(backend);
    backend.once('exit', () => this.#backends.delete(backend));
    backend.stdin.on('error', () => undefined);
    request.pipe(backend.stdin);
    let head = Buffer.alloc(0);
    let begun = false;
    backend.stdout.on('data', (chunk: Buffer) => {
      if (begun) return void response.write(chunk);
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      begun = true;
      const lines = head.subarray(0, end).toString().split('\r\n');
      const fields = new Map(lines.map(line => line.split(': ', 2) as [string, string]));
      const code = Number.parseInt(fields.get('Status') ?? '200', 10);
      fields.delete('Status');
      response.writeHead(code, Object.fromEntries(fields));
      response.write(head.subarray(end + 4));
    });
    backend.stdout.on('end', () => response.end());
  }
}
