import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { studyRecordSchema } from '../../src-shared/domain/studies/study.ts';
import { bundleStudySchema, collectedSchema, resultManifestSchema } from '../../src-shared/domain/targets/bundle.ts';
import { caseFolders, copyOf, editJson, goodData } from './bad-input-support.ts';
import { killCommandBy } from './killed-command.ts';
import { commandScript, cotoOn } from './run-command.ts';
import { writeSmallAblation } from './small-ablation.ts';

const caseFolder = caseFolders();

const folder = caseFolder();
const base = copyOf(folder);
const data = goodData(join(folder, 'bands'));
const file = join(folder, 'ablation.yaml');
writeSmallAblation(file, {
  ...{ model: base, dataset: data, name: 'Does CoTo help?' },
  ...{ run: { max_steps: 6, eval_samples: 2 }, seeds: [1, 2] },
});
const bundle = join(folder, 'bundle');
const home = join(folder, 'home');
const coto = cotoOn(home);
const answerSchema = z.object({ collected: collectedSchema, study: studyRecordSchema.optional() });

const study = () => bundleStudySchema.parse(JSON.parse(readFileSync(join(bundle, 'study.json'), 'utf8')));
const resultOf = (index: number) => join(bundle, 'results', study().jobs[index]?.runId ?? '');
const names = () => readdirSync(join(bundle, 'results'));

async function collect(words: readonly string[] = []) {
  const { code, out, err } = await coto(['study', 'collect', bundle, '--json', ...words]);
  expect(out, err).toContain('"collected"');
  return { code, err, ...answerSchema.parse(JSON.parse(out)) };
}

/** `coto job` in a process of its own, as on a node. */
function worker(index: number) {
  const child = spawn(process.execPath, [commandScript, 'job', bundle, String(index)], {
    // No home of a person.
    env: { ...process.env, COTO_STUDIO_HOME: join(folder, 'none'), HOME: join(folder, 'none') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  return once(child, 'close').then(([code, signal]: unknown[]) => ({ code, signal, said }));
}

const counted = (table: string): unknown => {
  const database = new SqliteDatabase(join(home, 'studio.sqlite'), { readonly: true });
  const count = database.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
  database.close();
  return count;
};

test('a bundle has a job for each run, and no folder is overwritten', async () => {
  const written = await coto(['study', 'bundle', file, '--out', bundle]);
  expect(written, written.err).toMatchObject({ code: 0 });
  expect(study()).toMatchObject({
    name: 'Does CoTo help?',
    jobs: [{ index: 0 }, { index: 1 }, { index: 2 }, { index: 3 }],
  });
  expect(names()).toEqual([]);
  const again = await coto(['study', 'bundle', file, '--out', bundle]);
  expect(again).toMatchObject({ code: 1 });
  expect(again.err).toMatch(/already exists and is not empty/);
});

test('a worker that is killed leaves nothing that looks like a result', async () => {
  await killCommandBy('killed-in-attempt.ts', ['job', bundle, '0']);
  const [left = '', ...others] = names();
  expect(left.startsWith(`${study().jobs[0]?.runId}.tmp-`)).toBe(true);
  expect(others).toEqual([]);
  expect(existsSync(resultOf(0))).toBe(false);
  expect(await collect()).toMatchObject({ code: 1, collected: { imported: 0, missing: [0, 1, 2, 3], refused: [] } });
});

test('two workers at once on one run leave one result, and both are content', async () => {
  const both = await Promise.all([worker(0), worker(0)]);
  for (const { code, said } of both) expect(code, said).toBe(0);
  expect(both.filter(({ said }) => said.includes('Trained.'))).toHaveLength(1);
  const manifest = resultManifestSchema.parse(JSON.parse(readFileSync(join(resultOf(0), 'manifest.json'), 'utf8')));
  expect(manifest).toMatchObject({ bundle: study().id, index: 0, computeBackend: 'wasm' });
  // Only the killed file is left beside it.
  expect(names()).toHaveLength(2);
});

const noHome = cotoOn(join(folder, 'none'));

test('a worker needs no home, and leaves a result that is there as it is', async () => {
  for (const index of [1, 2, 3]) expect(await noHome(['job', bundle, String(index)])).toMatchObject({ code: 0 });
  expect((await noHome(['job', bundle, '1'])).out).toMatch(/already exists/);
  expect(existsSync(join(folder, 'none'))).toBe(false);
});

test('a worker refuses what is no job of the bundle, another version, and inputs that have changed', async () => {
  const errorOf = async (index: number) => (await noHome(['job', bundle, String(index)])).err;
  expect(await errorOf(99)).toMatch(/has no job 99: its 4 jobs are numbered from 0 to 3/);
  expect((await noHome(['job', folder, '0'])).err).toMatch(/is no bundle: there is no .*study.json/);

  const copy = join(folder, 'copy');
  cpSync(bundle, copy, { recursive: true });
  rmSync(join(copy, 'results'), { recursive: true });
  editJson(join(copy, 'study.json'), (written) =>
    Object.assign(written, { program: { name: 'coto-studio', version: '0.0.1' } }),
  );
  expect((await noHome(['job', copy, '0'])).err).toMatch(/was written by CoTo Studio 0.0.1, and this is/);
  cpSync(join(bundle, 'study.json'), join(copy, 'study.json'));
  rmSync(join(copy, 'blobs', 'folders'), { recursive: true });
  rmSync(join(copy, 'blobs', 'sha256'), { recursive: true });
  expect((await noHome(['job', copy, '0'])).err).toMatch(/The base "base" is not on this machine: there is no .*blobs/);
  cpSync(join(bundle, 'blobs'), join(copy, 'blobs'), { recursive: true });
  for (const name of readdirSync(join(copy, 'blobs', 'folders')).filter((one) => one.startsWith('model-')))
    editJson(join(copy, 'blobs', 'folders', name, 'base', 'config.json'), (config) => Object.assign(config, { x: 1 }));
  expect((await noHome(['job', copy, '0'])).err).toMatch(
    /The base "base" is not what the bundle was written with: .*config.json/,
  );
  const failed = readdirSync(join(copy, 'results'));
  expect(failed).toHaveLength(3);
  expect(failed.every((name) => /\.failed-.*\.json$/.test(name))).toBe(true);
});

test('a torn and a foreign result are refused by themselves, and nothing of them is imported', async () => {
  const tensors = join(resultOf(3), 'adapter', 'adapter_model.safetensors');
  const whole = readFileSync(tensors);
  writeFileSync(tensors, whole.subarray(0, whole.length - 1));
  rmSync(resultOf(2), { recursive: true });
  cpSync(resultOf(1), resultOf(2), { recursive: true });
  const partly = await collect();
  expect(partly).toMatchObject({ code: 1, collected: { imported: 2, known: 0, missing: [2, 3] } });
  expect(partly.collected.refused.map(({ message }) => message)).toEqual([
    expect.stringMatching(/result of job 2 .* is refused: its manifest is that of another bundle or run/),
    expect.stringMatching(
      /result of job 3 .* is refused: adapter\/adapter_model.safetensors has \d+ bytes in place of/,
    ),
  ]);
  expect([counted('runs'), counted('adapters'), counted('studies')]).toEqual([2, 2, 0]);
  expect(readdirSync(join(home, 'adapters'))).toHaveLength(2);
  expect(readdirSync(join(home, 'runs'))).toHaveLength(2);
  writeFileSync(tensors, whole);
});

test('collected runs are grouped once, like local ones', async () => {
  rmSync(resultOf(2), { recursive: true });
  expect(await noHome(['job', bundle, '2'])).toMatchObject({ code: 0 });
  const rest = await collect();
  expect(rest, rest.err).toMatchObject({ code: 0, collected: { imported: 2, known: 2, missing: [], refused: [] } });
  expect(rest.study).toMatchObject({ status: 'completed', name: 'Does CoTo help?' });
  expect([counted('runs'), counted('adapters'), counted('studies')]).toEqual([4, 4, 1]);

  // Once more changes nothing.
  const scores = counted('scores');
  const twice = await collect();
  expect(twice).toMatchObject({ code: 0, collected: { imported: 0, known: 4, others: 0 } });
  expect(twice.study).toEqual(rest.study);
  expect([counted('runs'), counted('adapters'), counted('studies'), counted('scores')]).toEqual([4, 4, 1, scores]);
});

test('the folded numbers are those of the study that ran here', async () => {
  const { study: collected } = await collect();
  const here = await cotoOn(join(folder, 'here'))(['study', file, '--json']);
  expect(here, here.err).toMatchObject({ code: 0 });
  expect(collected?.result).toEqual(studyRecordSchema.parse(JSON.parse(here.out)).result);
});

test('a bundle for Python has a worker with pinned dependencies, its runs, and what starts them elsewhere', async () => {
  const python = join(folder, 'python-bundle');
  const fresh = cotoOn(join(folder, 'python-home'));
  const written = await fresh(['study', 'bundle', file, '--out', python, '--python']);
  expect(written, written.err).toMatchObject({
    code: 0,
    out: expect.stringContaining(`uv run ${python}/job.py INDEX`),
  });
  const { id, jobs } = bundleStudySchema.parse(JSON.parse(readFileSync(join(python, 'study.json'), 'utf8')));
  const script = readFileSync(join(python, 'job.py'), 'utf8');
  const [, metadata = ''] = /^# \/\/\/ script\n((?:#.*\n)+?)# \/\/\/$/m.exec(script) ?? [];
  expect(metadata).toMatch(/^# requires-python = ">=3\.\d+"$/m);
  const dependencies = [...metadata.matchAll(/^# {5}"(.+)",$/gm)].map(([, dependency = '']) => dependency);
  expect(dependencies.map((dependency) => dependency.split('==')[0])).toEqual([
    ...['torch', 'transformers', 'peft', 'accelerate', 'safetensors'],
  ]);
  for (const dependency of dependencies) expect(dependency).toMatch(/^[a-z]+==\d+(\.\d+)+$/);
  for (const name of ['skypilot.yaml', 'hf-jobs.sh'])
    expect(readFileSync(join(python, name), 'utf8')).toContain(`coto-${id.slice(0, 12)}`);
  expect(readdirSync(join(python, 'python')).sort()).toEqual(jobs.map(({ runId }) => runId).sort());
  // Runs of one dataset hold its examples once.
  const inodes = jobs.map(({ runId }) => statSync(join(python, 'python', runId, 'data.safetensors')).ino);
  expect(new Set(inodes).size).toBe(1);
});
