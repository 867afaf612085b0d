/**
 * Loaded before `coto`, in its process, in its threads and in the processes that it starts: counts what changes a file, what
 * changes the database and what one of them sends to another, all together, and kills `coto` at the call that it is told, before
 * the call does anything or when it has done half. The places of a run of the same work are about the same each time, so that a
 * place drawn between 1 and their number is one where the work is under way, on a machine however busy.
 *
 * COTO_TEST_CALLS names the file that counts (a byte a call, shared by all of them) and COTO_TEST_KILL_AT the call.
 */
import fs from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMainThread, MessagePort, Worker } from 'node:worker_threads';

const { writeSync, openSync, fstatSync, writeFileSync, unlinkSync, readdirSync, statSync } = fs;
const file = process.env['COTO_TEST_CALLS'];
const killAt = Number(process.env['COTO_TEST_KILL_AT'] ?? Infinity);
process.env['COTO_TEST_KILLED'] ??= String(process.pid);
const killed = Number(process.env['COTO_TEST_KILLED']);

if (file !== undefined) {
  const counter = openSync(file, 'a');
  const count = (name: string, given: readonly unknown[]) => {
    writeSync(counter, '.');
    if (fstatSync(counter).size !== killAt) return;
    half(name, given);
    writeFileSync(`${file}.killed`, name);
    process.kill(killed, 'SIGKILL');
  };
  const wrap = (owner: object, names: readonly string[], prefix = '') => {
    for (const name of names) {
      const original: unknown = Reflect.get(owner, name);
      if (typeof original !== 'function') throw new Error(`There is no ${prefix}${name} to wrap.`);
      Reflect.set(owner, name, function (this: unknown, ...given: unknown[]): unknown {
        count(`${prefix}${name}`, given);
        return Reflect.apply(original, this, given);
      });
    }
  };

  const probe = await fs.promises.open(tmpdir(), 'r');
  await probe.close();
  wrap(Object.getPrototypeOf(probe), ['write', 'writev', 'writeFile', 'appendFile', 'sync', 'truncate'], 'handle.');
  wrap(fs.promises, ['writeFile', 'appendFile', 'rename', 'rm', 'unlink', 'mkdir', 'copyFile', 'link', 'symlink']);
  wrap(fs, ['writeFileSync', 'renameSync', 'rmSync', 'unlinkSync', 'mkdirSync', 'copyFileSync', 'fsyncSync']);
  wrap(fs, ['write', 'writev', 'rename', 'unlink', 'mkdir'], 'callback.');
  wrap(MessagePort.prototype, ['postMessage'], 'thread.');
  wrap(Worker.prototype, ['postMessage'], 'worker.');
  if (process.send !== undefined) wrap(process, ['send'], 'process.');
  if (isMainThread) {
    const Database = createRequire(import.meta.url)('better-sqlite3');
    const database = new Database(':memory:');
    // BEGIN and COMMIT too: between them, a transaction is half done.
    wrap(Object.getPrototypeOf(database.prepare('SELECT 1')), ['run'], 'database.');
    database.close();
  }
  syncBuiltinESMExports();
}

/** At once: a removal has removed one file, a file has half of its content. */
function half(name: string, [target, content]: readonly unknown[]): void {
  if (typeof target !== 'string') return;
  if (/^(rm|unlink)/.test(name)) {
    const there = statSync(target, { throwIfNoEntry: false });
    const [first] = there?.isDirectory() ? readdirSync(target, { withFileTypes: true }) : [];
    if (first?.isFile()) unlinkSync(join(target, first.name));
  }
  if (/^writeFile/.test(name) && typeof content === 'string')
    writeFileSync(target, content.slice(0, content.length / 2));
}
