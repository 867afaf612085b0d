import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { caseFolders } from './bad-input-support.ts';
import { failingJobs, training } from './failing-jobs-support.ts';
import { cotoOn } from './run-command.ts';

const caseFolder = caseFolders();
const { newHome } = failingJobs();

/** A file system of its own: needs root and the right to mount. */
const disk = join(caseFolder(), 'disk');
mkdirSync(disk);
afterAll(() => {
  spawnSync('umount', [disk]);
});
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', disk]).status === 0;
if (!mounted) console.warn('No tmpfs can be mounted here (it needs root): the tests on a read-only disk are skipped.');

describe.skipIf(!mounted)('a home on a read-only file system', () => {
  test('is refused in one sentence, whatever is asked, and so is a new one there', async () => {
    const home = await newHome(disk);
    expect(spawnSync('mount', ['-o', 'remount,ro', disk]).status).toBe(0);
    const hint = 'Choose a folder that you may write to (COTO_STUDIO_HOME).';
    for (const words of [['runs', 'list'], training('max_steps=1'), ['doctor', '--no-measure']])
      expect(await cotoOn(home)(words)).toMatchObject({
        code: 1,
        out: '',
        err: `coto: The home folder ${home} cannot be written: its file system is read-only. ${hint}\n`,
      });
    const other = join(disk, 'other', 'home');
    expect(await cotoOn(other)(['runs', 'list'])).toMatchObject({
      code: 1,
      out: '',
      err: `coto: The home folder ${other} cannot be made: its file system is read-only. ${hint}\n`,
    });
  });
});
