import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { caseFolders } from './bad-input-support.ts';
import { failingJobs } from './failing-jobs-support.ts';
import { cotoOn } from './run-command.ts';
import { writeSmallAblation } from './small-ablation.ts';

const caseFolder = caseFolders();
const { base, data, newHome } = failingJobs();

const path = process.env['PATH'];
afterAll(() => {
  process.env['PATH'] = path;
});

const folder = caseFolder();
const shared = join(folder, 'shared');
const common = join(shared, 'blobs', 'sha256');

/** A Slurm that takes no runs, since its squeue has no JSON: bundles are written, and nothing else. */
function installOldSlurm(): void {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const programs = {
    scontrol: 'echo "MaxArraySize = 1001"',
    squeue: 'echo "squeue: unrecognized option \'--json\'" >&2; exit 1',
    sbatch: `touch ${folder}/submitted`,
  };
  for (const [name, line] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${line}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  process.env['PATH'] = `${bin}${delimiter}${path}`;
}

function study(name: string): string {
  const file = join(folder, `${name}.yaml`);
  const run = { max_steps: 2, eval_samples: 2 };
  writeSmallAblation(file, { model: base, dataset: data, name, run, seeds: [name.length] });
  return file;
}

const bundles = () => readdirSync(shared).filter((name) => name.startsWith('study-'));
const isWhole = (name: string) =>
  createHash('sha256')
    .update(readFileSync(join(common, name)))
    .digest('hex') === name;

test('studies on a target share one copy of each input, and one that is torn is written again', async () => {
  installOldSlurm();
  const home = await newHome();
  const coto = cotoOn(home);
  expect(await coto(['targets', 'add', 'lab', 'slurm', '--set', `folder=${shared}`])).toMatchObject({ code: 0 });
  const refused = await coto(['study', study('one'), '--on', 'lab']);
  expect(refused.code).toBe(1);
  expect(refused.err).toMatch(/The squeue of this machine cannot answer in JSON: .*Slurm 21\.08 or later is needed/);
  expect(existsSync(join(folder, 'submitted'))).toBe(false);

  const [first = ''] = bundles();
  const names = readdirSync(common);
  expect(names.length).toBeGreaterThan(3);
  for (const name of names)
    expect(statSync(join(shared, first, 'blobs', 'sha256', name)).ino).toBe(statSync(join(common, name)).ino);
  const [torn = ''] = names.filter((name) => statSync(join(common, name)).size > 100);
  truncateSync(join(common, torn), 50);

  expect((await coto(['study', study('other'), '--on', 'lab'])).code).toBe(1);
  const [second = ''] = bundles().filter((name) => name !== first);
  expect(readdirSync(common)).toEqual(names);
  expect(names.filter((name) => !isWhole(name))).toEqual([]);
  for (const name of names) {
    const { ino, nlink } = statSync(join(common, name));
    expect(statSync(join(shared, second, 'blobs', 'sha256', name)).ino).toBe(ino);
    expect(nlink).toBe(name === torn ? 2 : 3);
  }
});
