import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, root } from './paths.mjs';

/** Objects that no build has used for this long are deleted. */
const keptMilliseconds = 30 * 24 * 3600_000;

/**
 * A source file, the object that it becomes, and the options that compile it.
 * @typedef {{ file: string, object: string, options: string[] }} Unit
 */

/**
 * Keeps objects of the native addon beyond a checkout: a build compiles only what no other has compiled from the same sources
 * with the same compiler. `system` is a program that includes the headers of others.
 * @param {{ compiler: string, headers: string[], include: string[], system: string }} of
 */
export function openObjectCache({ compiler, headers, include, system }) {
  const folder = join(cacheFolder(), 'native-objects');
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    if (Date.now() - statSync(file).mtimeMs > keptMilliseconds) rmSync(file, { force: true });
  }
  const common = createHash('sha256');
  common.update(spawnSync(compiler, ['--version'], { encoding: 'utf8' }).stdout);
  for (const file of headers) common.update(readFileSync(file));
  const options = ['-std=c++17', '-E', '-P', ...include, '-x', 'c++', '-'];
  common.update(spawnSync(compiler, options, { input: system, encoding: 'utf8', maxBuffer: 2 ** 28 }).stdout);
  const base = common.digest('hex');
  /** @param {Unit} unit */
  const fileOf = ({ file, object, options: own }) => {
    const plain = own.filter((option) => option !== object).map((option) => option.replaceAll(root, ''));
    const hash = createHash('sha256').update(base).update(JSON.stringify(plain));
    return join(folder, `${hash.update(readFileSync(file)).digest('hex')}.o`);
  };
  return {
    /** Copies the object of a unit; false where none is kept. @param {Unit} unit */
    fetch(unit) {
      const kept = fileOf(unit);
      if (!existsSync(kept)) return false;
      copyFileSync(kept, unit.object);
      utimesSync(kept, new Date(), new Date());
      return true;
    },
    /** @param {Unit} unit */
    store(unit) {
      const kept = fileOf(unit);
      const part = `${kept}.${process.pid}`;
      copyFileSync(unit.object, part);
      renameSync(part, kept);
    },
  };
}
