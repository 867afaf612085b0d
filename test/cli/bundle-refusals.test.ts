import { spawnSync } from 'node:child_process';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { makeResults } from '../../bench/made-results.ts';
import { studyRecordSchema } from '../../src-shared/domain/studies/study.ts';
import {
  bundleInputsSchema,
  bundleStudySchema,
  collectedSchema,
  resultManifestSchema,
} from '../../src-shared/domain/targets/bundle.ts';
import { tellAtOnce } from '../backend/tell-at-once.ts';
import { caseFolders, editJson, expectOneLine, expectRefused, halfWritten } from './bad-input-support.ts';
import { failingJobs, withoutProgress } from './failing-jobs-support.ts';
import { cotoOn } from './run-command.ts';
import { writeSmallAblation } from './small-ablation.ts';

const caseFolder = caseFolders();
const { base, data, newHome, root } = failingJobs();

// So the study is one of WebAssembly's, wherever this runs.
process.env['COTO_COMPUTE_BACKENDS'] = 'wasm';

/** Its second run is the one with CoTo. */
const file = join(root, 'ablation.yaml');
const bundle = join(root, 'bundle');
/** A worker needs no home. */
const node = cotoOn(join(root, 'none'));

beforeAll(async () => {
  writeSmallAblation(file, {
    ...{ model: base, dataset: data, name: 'Does CoTo help?', seeds: [1] },
    run: { max_steps: 2, eval_samples: 2, compute_backend: 'auto' },
  });
  const written = await cotoOn(await newHome())(['study', 'bundle', file, '--out', bundle]);
  expect(written, written.err).toMatchObject({ code: 0 });
  for (const index of ['0', '1']) expect(await node(['job', bundle, index])).toMatchObject({ code: 0 });
});

const studyOf = (folder: string) =>
  bundleStudySchema.parse(JSON.parse(readFileSync(join(folder, 'study.json'), 'utf8')));
const resultOf = (folder: string, index: number) => join(folder, 'results', studyOf(folder).jobs[index]?.runId ?? '');
const namesIn = (folder: string) => readdirSync(join(folder, 'results'));
const manifestOf = (result: string) =>
  resultManifestSchema.parse(JSON.parse(readFileSync(join(result, 'manifest.json'), 'utf8')));

/** A copy of the bundle in a new folder, or in `parent`; without results it is as if nothing had been trained. */
function copyOfBundle({
  results,
  parent = caseFolder(),
}: {
  readonly results: boolean;
  readonly parent?: string;
}): string {
  const copy = join(parent, 'bundle');
  cpSync(bundle, copy, { recursive: true });
  if (results) return copy;
  rmSync(join(copy, 'results'), { recursive: true });
  mkdirSync(join(copy, 'results'));
  return copy;
}

const answerSchema = z.object({ collected: collectedSchema, study: studyRecordSchema.optional() });
async function collect(home: string, folder: string, words: readonly string[] = []) {
  const { code, out, err } = await cotoOn(home)(['study', 'collect', folder, '--json', ...words]);
  return { code, ...answerSchema.parse(JSON.parse(out), { error: () => err }) };
}

/** Returns a home's records of its runs, without its own ids and times. */
function runsOf(home: string): unknown[] {
  const database = new SqliteDatabase(join(home, 'studio.sqlite'), { readonly: true });
  const rows = database
    .prepare(
      `SELECT runs.name, runs.config ->> 'seed' AS seed, runs.result, adapters.sha256,
         (SELECT count(*) FROM metrics WHERE run_id = runs.id) AS metrics
       FROM runs JOIN adapters ON adapters.id = runs.adapter_id ORDER BY 2, 1`,
    )
    .all();
  database.close();
  return rows;
}

describe('a node with another processor', () => {
  const own = process.env['COTO_NATIVE_ADDON'];
  const backends = process.env['COTO_COMPUTE_BACKENDS'];
  afterEach(() => {
    for (const [name, value] of Object.entries({ COTO_NATIVE_ADDON: own, COTO_COMPUTE_BACKENDS: backends }))
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  });

  /** The beginning of a program of this machine, said to be built for another processor. */
  function foreignAddon(): string {
    const addon = join(caseFolder(), 'coto-native.node');
    const program = openSync(process.execPath, 'r');
    const bytes = Buffer.alloc(4096);
    readSync(program, bytes);
    closeSync(program);
    // e_machine of an ELF file: AArch64, or x86-64 on that.
    bytes.writeUInt16LE(process.arch === 'arm64' ? 62 : 183, 18);
    writeFileSync(addon, bytes);
    return addon;
  }

  test.runIf(process.platform === 'linux')('does not train a study of native runs, and says how it could', async () => {
    const copy = copyOfBundle({ results: false });
    editJson(join(copy, 'study.json'), (study) => Object.assign(study, { computeBackend: 'native' }));
    process.env['COTO_NATIVE_ADDON'] = foreignAddon();
    process.env['COTO_COMPUTE_BACKENDS'] = 'native,wasm';
    const refused = await node(['job', copy, '0']);
    expectOneLine(refused, {
      says: [
        /^coto: Native CPU, with which the study is computed, does not work on \S+: The native addon does not load here: /,
        `take WebAssembly there: coto job ${copy} 0 --compute-backend wasm (of a target: --set compute_backend=wasm)`,
      ],
    });
    expect(namesIn(copy)).toEqual([expect.stringMatching(/^[0-9a-f]{32}\.failed-.+\.json$/)]);
    // Targets run this command: the folder and the index come last.
    const trained = await node(['job', '--compute-backend', 'wasm', copy, '0']);
    expect(trained, trained.err).toMatchObject({ code: 0 });
    expect(manifestOf(resultOf(copy, 0)).computeBackend).toBe('wasm');
  });
});

test('a bundle of another format is refused by the worker and by who collects it, and nothing is written', async () => {
  const copy = copyOfBundle({ results: true });
  editJson(join(copy, 'study.json'), (study) => Object.assign(study, { format: 2 }));
  const says = [`${copy}/study.json has the format 2 of another version of CoTo Studio, and this one reads format 1`];
  expectOneLine(await node(['job', copy, '0']), { says });
  await expectRefused(await newHome(), ['study', 'collect', copy], { code: 'refused', says });
  expect(namesIn(copy)).toEqual(namesIn(bundle));
});

test('results of another version than the bundle are refused one by one', async () => {
  const copy = copyOfBundle({ results: true });
  editJson(join(resultOf(copy, 1), 'manifest.json'), (manifest) =>
    Object.assign(manifest, { program: { name: 'coto-studio', version: '0.0.1' } }),
  );
  const home = await newHome();
  const { code, collected } = await collect(home, copy);
  expect([code, collected.imported, collected.missing]).toEqual([1, 1, [1]]);
  expect(collected.refused[0]?.message).toMatch(
    /is refused: version 0\.0\.1 trained it, and the bundle was written by/,
  );
  expect(runsOf(home)).toHaveLength(1);
});

test('a studio that lacks the base imports nothing', async () => {
  const fresh = join(caseFolder(), 'home');
  expect(await cotoOn(fresh)(['datasets', 'list'])).toMatchObject({ code: 0 });
  const says = [
    /The base "tiny" of the bundle is not in this studio\. Add it as it was, then collect again: coto models add/,
  ];
  expectOneLine(await cotoOn(fresh)(['study', 'collect', bundle]), { says });
  expect(runsOf(fresh)).toEqual([]);
  for (const folder of ['runs', 'adapters']) expect(readdirSync(join(fresh, folder))).toEqual([]);
});

test('a target that there is not, and a study for it, are refused with those that there are', async () => {
  const home = await newHome();
  const says = ['There is no target "slrum"', 'There are: slurm, ssh;'];
  const study = await cotoOn(home)(['study', file, '--on', 'slrum']);
  expect(study).toMatchObject({ code: 1, out: '' });
  for (const part of says) expect(study.err).toContain(part);
  expect((await cotoOn(home)(['study', 'list', '--json'])).out).toBe('[]\n');
  expect(existsSync(join(home, 'bundles'))).toBe(false);
  await expectRefused(home, ['targets', 'probe', 'slrum'], { code: 'not_found', says });
});

test('a second attempt at a run is recorded, and the first that was accepted counts', async () => {
  const copy = copyOfBundle({ results: true });
  const home = await newHome();
  expect(await collect(home, copy, ['--import-only'])).toMatchObject({ code: 0, collected: { imported: 2 } });
  const first = runsOf(home);
  // Simulates a scheduler that ran the job again, with the new result in place of the first.
  const before = manifestOf(resultOf(copy, 0)).attempt;
  rmSync(resultOf(copy, 0), { recursive: true });
  expect(await node(['job', copy, '0'])).toMatchObject({ code: 0 });
  expect(manifestOf(resultOf(copy, 0)).attempt).not.toBe(before);
  for (const _ of [1, 2])
    expect(await collect(home, copy, ['--import-only'])).toMatchObject({
      code: 0,
      collected: { imported: 0, known: 2, others: 1 },
    });
  expect(runsOf(home)).toEqual(first);
  const database = new SqliteDatabase(join(home, 'studio.sqlite'), { readonly: true });
  const recorded = database.prepare(
    'SELECT key, attempt = ? AS is_first, run_id IS NOT NULL AS counts FROM bundle_results WHERE key = ?',
  );
  const rows = recorded.all(before, manifestOf(resultOf(copy, 0)).run);
  database.close();
  expect(rows).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ is_first: 1, counts: 1 }),
      expect.objectContaining({ is_first: 0, counts: 0 }),
    ]),
  );
  expect(rows).toHaveLength(2);
});

test('bases and data are left where they are by --inputs-in-place, and a node that does not have them there says so', async () => {
  const folder = caseFolder();
  const inputs = join(folder, 'shared');
  cpSync(base, join(inputs, 'base'), { recursive: true });
  cpSync(data, join(inputs, 'bands'), { recursive: true });
  const study = join(folder, 'study.yaml');
  writeSmallAblation(study, {
    ...{
      model: join(inputs, 'base'),
      dataset: join(inputs, 'bands'),
      name: 'In place',
      run: { max_steps: 2, eval_samples: 2 },
      seeds: [1],
    },
  });
  const home = join(folder, 'home');
  const place = join(folder, 'bundle');
  const written = await cotoOn(home)(['study', 'bundle', study, '--out', place, '--inputs-in-place']);
  expect(written, written.err).toMatchObject({ code: 0 });
  const described = bundleInputsSchema.parse(JSON.parse(readFileSync(join(place, 'inputs.json'), 'utf8')));
  expect(described.inputs.map((input) => input.place)).toEqual(
    [1, 2].map(() => ({ kind: 'in-place', folder: inputs, testFolder: null })),
  );
  expect(readdirSync(join(place, 'blobs/sha256'))).toEqual([]);
  renameSync(inputs, `${inputs}-away`);
  expectOneLine(await node(['job', place, '0']), {
    says: [
      `The base "base" is not on this machine: there is no ${inputs}/base/`,
      'mount the shared disk at the same path',
    ],
  });
  renameSync(`${inputs}-away`, inputs);
  expect(await node(['job', place, '0'])).toMatchObject({ code: 0 });
  // The other run is trained here.
  const anyway = await collect(home, place, ['--anyway']);
  expect(anyway).toMatchObject({ code: 0, collected: { imported: 1, missing: [1] }, study: { status: 'completed' } });
  expect(runsOf(home)).toHaveLength(2);
});

test('a collect that is cancelled keeps what is stored, and collected again comes to the same', async () => {
  // Each batch has 64.
  const count = 200;
  tellAtOnce();
  const copy = copyOfBundle({ results: true });
  makeResults(copy, count);
  const [home, other] = [await newHome(), await newHome()];
  const words = ['study', 'collect', copy, '--import-only'];
  const cancelled = await cotoOn(home)(words, (said, interrupt) => {
    if (said.startsWith('Importing results')) interrupt();
  });
  expect(cancelled, cancelled.err).toMatchObject({ code: 130, out: '' });
  const kept = runsOf(home).length;
  expect(kept).toBeGreaterThan(0);
  expect(kept).toBeLessThan(count);
  expect(readdirSync(join(home, 'runs'))).toHaveLength(kept);
  expect(readdirSync(join(home, 'adapters'))).toHaveLength(kept);
  expect(halfWritten(home)).toEqual([]);
  expect(await collect(home, copy, ['--import-only'])).toMatchObject({
    code: 0,
    collected: { imported: count - kept, known: kept, missing: [] },
  });
  expect(await collect(other, copy, ['--import-only'])).toMatchObject({ code: 0, collected: { imported: count } });
  expect(runsOf(home)).toEqual(runsOf(other));
});

/** A file system of its own, full on demand: needs root and the right to mount. */
const disk = join(root, 'disk');
mkdirSync(disk);
// Before the folder is removed: hooks run in reverse order.
afterAll(() => {
  spawnSync('umount', [disk]);
});
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk]).status === 0;
if (!mounted) console.warn('No tmpfs can be mounted here (it needs root): the tests on a full disk are skipped.');

describe.skipIf(!mounted)('a full disk', () => {
  const filler = join(disk, 'filler');
  afterEach(() => {
    for (const name of readdirSync(disk)) rmSync(join(disk, name), { recursive: true });
  });

  /** Leaves about so many kilobytes free. */
  function fillBut(kilobytes: number): void {
    rmSync(filler, { force: true });
    const { stdout } = spawnSync('df', ['--output=avail', '-k', disk], { encoding: 'utf8' });
    writeFileSync(filler, Buffer.alloc(Math.max(0, Number(stdout.split('\n')[1]) - kilobytes) * 1024));
  }

  test('a shared full disk ends a worker, which leaves no apparent result; with space it trains the run', async () => {
    const copy = copyOfBundle({ results: false, parent: disk });
    for (const kilobytes of [0, 24]) {
      fillBut(kilobytes);
      const refused = withoutProgress(await node(['job', copy, '0']));
      expectOneLine(refused, {
        says: [`into ${copy}: the disk is full. Free some space there, then start the job again.`],
      });
      expect(namesIn(copy).filter((name) => !name.includes('.failed-'))).toEqual([]);
    }
    rmSync(filler);
    expect(await node(['job', copy, '0'])).toMatchObject({ code: 0 });
    expect(manifestOf(resultOf(copy, 0)).index).toBe(0);
  });

  test('does not take a bundle, and nothing is left of it', async () => {
    const home = await newHome();
    fillBut(8);
    const { err, ...rest } = await cotoOn(home)(['study', 'bundle', file, '--out', join(disk, 'bundle')]);
    expectOneLine(
      { ...rest, err: err.replaceAll(/^Hashing .*\n/gm, '') },
      { says: [`The bundle needs`, `at ${join(disk, 'bundle')}, and 8.00 KiB are free there. Free some space`] },
    );
    expect(readdirSync(disk)).toEqual(['filler']);
  });

  test('under the home ends a collect, of which nothing is half imported; with space it comes to all', async () => {
    const home = await newHome(disk);
    // The first start creates its files before the disk is filled.
    await cotoOn(home)(['datasets', 'list']);
    for (const kilobytes of [8, 60]) {
      fillBut(kilobytes);
      const refused = withoutProgress(await cotoOn(home)(['study', 'collect', bundle]));
      expectOneLine(refused, { says: [/the disk is full/i, 'Free some space'] });
      rmSync(filler);
      expect(runsOf(home)).toEqual([]);
      for (const folder of ['runs', 'adapters']) expect(readdirSync(join(home, folder))).toEqual([]);
      expect(halfWritten(home)).toEqual([]);
    }
    expect(await collect(home, bundle, ['--import-only'])).toMatchObject({ code: 0, collected: { imported: 2 } });
    expect(runsOf(home)).toHaveLength(2);
  });
});
