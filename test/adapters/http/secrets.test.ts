import { readdirSync, readFileSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SqlJsPersistence } from '../../../adapters/sqljs/index.ts';
import { FixedDelayStrategy } from '../../../services/strategies/index.ts';
import { clientOf, subscribe } from '../socketio/support/connected.ts';
import { temporaryFolder } from '../sqljs/support/store-folder.ts';
import { served } from './support/served.ts';

const test = suite('secrets behind a server');

const SECRET = 'T0p-S3cret-value';

/** The contents of each file below a folder. */
function filesOf(folder: string): readonly string[] {
  return readdirSync(folder).flatMap(name => {
    const path = join(folder, name);
    const kind = statSync(path);
    // The lock is a socket.
    if (kind.isDirectory()) return filesOf(path);
    return kind.isFile() ? [readFileSync(path, 'latin1')] : [];
  });
}

test('a secret is in no file of the store, no answer, no message and no log line', async () => {
  const folder = await temporaryFolder();
  const lines: string[] = [];
  const line = (fields: object, message: string) =>
    void lines.push(`${JSON.stringify(fields)} ${message}`);
  const logger = { debug: line, info: line, warn: line, error: line };
  const persistence = new SqlJsPersistence({ path: join(folder, 'recovery.db') });
  const strategy = new FixedDelayStrategy({ delay: 1 });
  const messages: string[] = [];
  let redo: readonly string[] = [];
  const run = served(
    { recovery: { persistence, logger, strategy }, server: { logger } },
    async ({ recovery, server, ask }) => {
      const given: unknown[] = [];
      recovery.operation(
        'fetch',
        async (input: { url: string; headers: { authorization: string } }, op) => {
          const { authorization } = input.headers;
          given.push(authorization);
          op.progress({ with: authorization });
          op.log.warn({ input }, `asks with ${authorization}`);
          const code = op.attempt === 1 ? 'ECONNRESET' : 'EACCES';
          throw Object.assign(new Error(`401 for ${authorization}`), { code });
        },
        { secrets: ['headers.*'] },
      );
      const socket = clientOf(server.url);
      socket.onAny((...message: unknown[]) => void messages.push(JSON.stringify(message)));
      await subscribe(socket, {});
      const ended = new Promise<void>(resolve =>
        socket.on('recovery_update', ({ state }) => state === 'failed' && resolve()),
      );
      const body = {
        function_name: 'fetch',
        operation_id: 'x',
        input: { url: 'u', headers: { authorization: `Bearer ${SECRET}` } },
      };
      const answers = [await ask('/api/operations', { body })];
      await ended;
      for (const path of ['/api/operations/x', '/api/operations', '/api/overview', '/api/health']) {
        answers.push(await ask(path));
      }
      for (const text of [SECRET, 'Bearer']) {
        answers.push(await ask('/api/operations/search', { body: { text } }));
      }
      socket.close();
      redo = filesOf(folder);
      assert.equal(given, [`Bearer ${SECRET}`, `Bearer ${SECRET}`]);
      assert.equal(answers[1]?.body.input.headers, {
        authorization: { $secret: 'headers.authorization' },
      });
      assert.equal(answers[5]?.body.operations, []);
      for (const { text } of answers) assert.not.match(text, SECRET);
    },
  );
  await run();
  const files = [...redo, ...filesOf(folder)];
  assert.ok(
    files.some(text => text.includes('headers.authorization')),
    'the files hold the input',
  );
  assert.ok(
    messages.some(text => text.includes('[secret]')),
    'the messages hold the error',
  );
  assert.ok(
    lines.some(text => text.includes('[secret]')),
    'the lines hold what was logged',
  );
  for (const text of [...files, ...messages, ...lines]) assert.not.match(text, SECRET);
  await rm(folder, { recursive: true });
});

test.run();
