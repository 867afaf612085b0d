import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const { unlinkSync: unlinkNow, writeFileSync: writeNow } = fs;

/** Thrown by calls that change files after the simulated kill. */
export class Killed extends Error {}

const asynchronous = ['open', 'writeFile', 'appendFile', 'rename', 'rm', 'unlink', 'mkdir', 'copyFile'] as const;
const synchronous = [
  'openSync',
  'writeFileSync',
  'writeSync',
  'renameSync',
  'rmSync',
  'unlinkSync',
  'mkdirSync',
] as const;
const ofHandles = ['write', 'writev', 'writeFile', 'sync', 'truncate'] as const;

/**
 * Counts the calls that change files while `work` runs, and lets them fail from call `killAt` on, as if the process had been
 * killed there: nothing that it would do afterwards is done, not even cleaning up. The call itself is half done: a removal has
 * removed one file, a file has half of its content. Returns the number of calls.
 */
export async function withMortalFiles(killAt: number, work: () => Promise<void>): Promise<number> {
  let calls = 0;
  const restore: (() => void)[] = [];
  const isDead = () => calls > killAt;

  const wrap = (owner: object, name: string) => {
    const original: unknown = Reflect.get(owner, name);
    if (typeof original !== 'function') return;
    const replacement = function (this: unknown, ...given: unknown[]): unknown {
      calls += 1;
      if (isDead()) {
        if (calls === killAt + 1) half(name, given);
        throw new Killed(`killed at ${name}`);
      }
      return Reflect.apply(original, this, given);
    };
    Reflect.set(owner, name, replacement);
    restore.push(() => Reflect.set(owner, name, original));
  };

  const probe = await fs.promises.open(join(tmpdir()), 'r');
  await probe.close();
  for (const name of ofHandles) wrap(Object.getPrototypeOf(probe), name);
  for (const name of asynchronous) wrap(fs.promises, name);
  for (const name of synchronous) wrap(fs, name);
  syncBuiltinESMExports();
  try {
    await work();
  } catch (error) {
    // The called code may have reworded the error.
    if (!isDead()) throw error;
  } finally {
    for (const undo of restore.reverse()) undo();
    syncBuiltinESMExports();
  }
  return calls;
}

/** At once, by the functions as they were: nothing of a killed process is done later. */
function half(name: string, [target, content]: readonly unknown[]): void {
  if (name.startsWith('rm') && typeof target === 'string' && fs.existsSync(target)) {
    const [first] = fs.statSync(target).isDirectory() ? fs.readdirSync(target) : [];
    if (first !== undefined) unlinkNow(join(target, first));
  }
  if (name === 'writeFile' && typeof target === 'string' && typeof content === 'string')
    writeNow(target, content.slice(0, content.length / 2));
}
