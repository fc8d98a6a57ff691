import { cp, lstat, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';

/** A compiled copy of the project, one file of which can be broken at a time. The sources are left alone. */
export class Build {
  readonly #root: string;
  readonly folder: string;

  private constructor(root: string, folder: string) {
    this.#root = root;
    this.folder = folder;
  }

  /** @param name of the folder, below the project's, from where packages are found */
  static async copied(root: string, from: string, name: string): Promise<Build> {
    const build = new Build(root, join(root, name));
    await build.remove();
    // Tests that were cut off may have left sockets.
    const filter = async (path: string) => {
      const found = await lstat(path);
      return found.isFile() || found.isDirectory();
    };
    await cp(from, build.folder, { recursive: true, filter });
    return build;
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  /**
   * Puts another text in a source file's place, compiled with the project's options, but by itself and without a look at its types.
   * @returns what puts the old one back
   */
  async replace(file: string, text: string): Promise<() => Promise<void>> {
    const target = join(this.folder, file.replace(/\.ts$/, '.js'));
    const before = await readFile(target);
    const sources = join(this.folder, 'broken-source');
    const source = join(sources, file);
    await mkdir(dirname(source), { recursive: true });
    await writeFile(source, text);
    await writeFile(join(sources, 'tsconfig.json'), JSON.stringify(alone(this.#root, file)));
    const restore = async () => {
      await rm(sources, { recursive: true });
      await writeFile(target, before);
    };
    try {
      const tsc = join(this.#root, 'node_modules/typescript/bin/tsc');
      await execa('node', [tsc, '-p', sources], { all: true });
    } catch (error) {
      await restore();
      throw error;
    }
    return restore;
  }
}

const alone = (root: string, file: string) => ({
  extends: join(root, 'tsconfig.json'),
  compilerOptions: {
    rootDir: '.',
    outDir: '..',
    noCheck: true,
    noResolve: true,
    types: [],
    paths: {},
  },
  include: [],
  exclude: [],
  files: [file],
});
