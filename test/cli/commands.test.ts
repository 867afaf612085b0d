import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { readSafetensors } from '../../src-main/engine/tensors/safetensors.ts';
import { adapterRecordSchema } from '../../src-shared/domain/adapters/adapter.ts';
import { evaluationResultSchema, mergeMatrixSchema } from '../../src-shared/domain/evaluation/evaluation.ts';
import { runRecordSchema } from '../../src-shared/domain/runs/run.ts';
import { registeredStudySchema } from '../../src-shared/domain/studies/registration.ts';
import { studyRecordSchema } from '../../src-shared/domain/studies/study.ts';
import { packageCheckSchema, studyPackageSchema } from '../../src-shared/domain/studies/study-package.ts';
import { floats, goldenPath, relativeDifference } from '../engine/golden.ts';
import { commandFiles, model, trained } from './commands-support.ts';

const { coto, data, file, folder, json, writeBlobs, writeRun } = commandFiles();

beforeAll(async () => {
  writeBlobs();
  writeRun();
  for (const seed of [1, 2]) {
    const { run, adapter } = await json(trained, [
      'train',
      file,
      '--set',
      `seed=${seed}`,
      'coto.initial_p=0.5',
      '--name',
      `seed ${seed}`,
    ]);
    expect(run).toMatchObject({ status: 'completed', step: 6, config: { seed, coto: { initial_p: 0.5 } } });
    expect(adapter?.name).toBe(`seed ${seed}`);
  }
});

describe('trained adapters', () => {
  test('is listed, shown and compared', async () => {
    const list = await coto(['runs', 'list']);
    expect(list.out).toMatch(/run-\w+ +seed 1 +completed +6\/6/);
    const metricRow = z.object({ name: z.string(), step: z.number(), value: z.number() });
    const log = z.array(z.object({ text: z.string() }));
    const shown = await json(z.object({ run: runRecordSchema, metrics: z.array(metricRow), log }), [
      'runs',
      'show',
      'seed 1',
    ]);
    expect(shown.metrics.filter(({ name }) => name === 'loss').map(({ step }) => step)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(shown.metrics.map(({ name }) => name)).toEqual(shown.metrics.map(({ name }) => name).sort());
    const { out } = await coto(['runs', 'compare', 'seed 1', 'seed 2']);
    expect(out).toMatch(/^seed +1 +2$/m);
    expect(out).not.toMatch(/^learning_rate/m);
  });

  test('is scored alone and as an ensemble', async () => {
    const alone = await json(evaluationResultSchema, ['eval', '--dataset', 'blobs', '--adapter', 'seed 1']);
    expect(alone).toMatchObject({ examples: 20, labels: ['above', 'below'] });
    expect(alone.confusion.flat().reduce((sum, count) => sum + count, 0)).toBe(20);
    const both = await json(evaluationResultSchema, [
      'eval',
      '--dataset',
      data,
      '--adapter',
      'seed 1',
      'seed 2',
      '--weights',
      '1',
      '0',
      '--samples',
      '7',
    ]);
    expect(both.examples).toBe(7);
    expect([alone.forgetting?.measure, both.forgetting]).toEqual(['own-head-divergence', null]);
  });

  test('is evaluated with its calibration, against another on the same examples', async () => {
    const words = ['eval', '--dataset', 'blobs', '--adapter', 'seed 1', '--against', 'seed 2'];
    const { accuracy, metrics, reliability, against } = await json(evaluationResultSchema, words);
    expect(reliability?.reduce((sum, { examples }) => sum + examples, 0)).toBe(20);
    const right = reliability?.reduce((sum, bin) => sum + bin.examples * (bin.accuracy ?? 0), 0);
    expect(right).toBeCloseTo(20 * (accuracy ?? 2), 10);
    expect(metrics['ece']).toBeGreaterThanOrEqual(0);
    expect(metrics['brier']).toBeLessThanOrEqual(1);
    const other = await json(evaluationResultSchema, ['eval', '--dataset', 'blobs', '--adapter', 'seed 2']);
    expect(against).toMatchObject({ name: 'seed 2', accuracy: other.accuracy });
    const { bothRight = 0, onlyThis = 0, onlyOther = 0, bothWrong = 0 } = against ?? {};
    expect(bothRight + onlyThis + onlyOther + bothWrong).toBe(20);
    expect((bothRight + onlyThis) / 20).toBeCloseTo(accuracy ?? 2, 12);
    const itself = await coto([...words.slice(0, -1), 'seed 1']);
    expect(itself.out).toMatch(/against seed 1 +.*only the other on 0: McNemar’s exact test, p = 1\.000/);
    expect(itself.out).toMatch(/probability of the prediction +examples +mean +right/);
  });

  test('writes its predictions where nothing is yet', async () => {
    const file = join(folder, 'predictions.jsonl');
    const words = ['eval', '--dataset', 'blobs', '--adapter', 'seed 1', '--predictions', file];
    const { accuracy } = await json(evaluationResultSchema, words);
    const line = z.object({ index: z.number(), truth: z.string(), prediction: z.string() });
    const lines = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((text) => line.parse(JSON.parse(text)));
    expect(lines.map(({ index }) => index)).toEqual(Array.from({ length: 20 }, (_, index) => index));
    expect(lines.filter(({ truth, prediction }) => truth === prediction).length / 20).toBeCloseTo(accuracy ?? 2, 12);
    const again = await coto(words);
    expect(again).toMatchObject({ code: 1 });
    expect(again.err).toMatch(/predictions\.jsonl already exists/);
    const nowhere = await coto([...words.slice(0, -1), join(folder, 'missing', 'out.jsonl')]);
    expect(nowhere.err).toMatch(/cannot be written to .*out\.jsonl: its folder does not exist/);
  });

  test('is merged by options and by file, and written as a PEFT folder', async () => {
    const out = join(folder, 'merged');
    const schema = z.object({ adapterId: z.string(), directory: z.string().nullable(), matrix: mergeMatrixSchema });
    const words = ['merge', '--method', 'factor-average', '--adapters', 'seed 1', 'seed 2', '--weights', '0.5', '0.5'];
    const merged = await json(schema, [...words, '--name', 'both', '--out', out]);
    expect(merged.matrix.columns.map(({ label }) => label)).toEqual(['seed 1', 'seed 2', 'both', 'Base']);
    expect(existsSync(join(out, 'adapter_model.safetensors'))).toBe(true);
    writeFileSync(
      join(folder, 'merge.yaml'),
      'method: factor-average\nadapters: [seed 1, { adapter: seed 2, weight: 1 }]\n',
    );
    const again = await json(schema, ['merge', join(folder, 'merge.yaml'), '--out', join(folder, 'merged 2')]);
    const [one, two] = await Promise.all(
      [out, join(folder, 'merged 2')].map((path) => readSafetensors(join(path, 'adapter_model.safetensors'))),
    );
    expect(again.adapterId).not.toBe(merged.adapterId);
    expect(two).toEqual(one);
    // The folder itself can be named in place of the adapter, and is taken in only once.
    const first = await json(adapterRecordSchema, ['adapters', 'show', out]);
    expect((await json(adapterRecordSchema, ['adapters', 'show', out])).id).toBe(first.id);
  });

  test('is pruned, exported and taken in again', async () => {
    const schema = z.object({ adapter: adapterRecordSchema, directory: z.string().nullable() });
    const zeroed = await json(schema, [
      'prune',
      '--adapter',
      'seed 1',
      '--method',
      'magnitude',
      '--set',
      'sparsity=0.5',
    ]);
    expect(zeroed.adapter.origin).toMatchObject({ kind: 'prune', method: 'magnitude' });
    const half = await json(schema, [
      'prune',
      '--adapter',
      'seed 1',
      '--method',
      'every-other-layer',
      '--keep',
      'odd',
      '--name',
      'half',
    ]);
    expect(half.adapter.layers).toEqual([1]);
    const out = join(folder, 'exported');
    expect((await coto(['adapters', 'export', 'half', '--out', out])).out).toBe(`${out}\n`);
    const imported = await json(adapterRecordSchema, ['adapters', 'import', out, '--name', 'half again']);
    expect(imported).toMatchObject({ name: 'half again', sha256: half.adapter.sha256, layers: [1] });
  });

  test('is studied, adapters given by name', async () => {
    const study = join(folder, 'study.yaml');
    writeFileSync(
      study,
      'kind: lambda\ndataset: blobs\npoints: 3\npairs:\n  - { label: seeds, coto: true, from: seed 1, to: seed 2 }\n',
    );
    const out = join(folder, 'study-out');
    const done = await json(studyRecordSchema, ['study', study, '--out', out]);
    expect(done.result).toMatchObject({
      kind: 'interpolation',
      pairs: [{ label: 'seeds', curves: [{ method: 'factor-average' }, {}, {}, { method: 'ensemble' }] }],
    });
    expect(done.provenance).toMatchObject({
      seeds: [1, 2],
      adapters: [
        { name: 'seed 1', seed: 1, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
        { name: 'seed 2', seed: 2, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      ],
      bases: [{ fingerprint: expect.any(String) }],
      datasets: [{ name: 'blobs', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }],
      trainedOn: [expect.stringContaining('thread')],
      parts: [{ kind: 'score', jobs: 1 }],
    });
    // The files make the study again, from what is kept, and say the same.
    const files = readdirSync(out).sort();
    expect(files.filter((name) => !/^table(-\d+)?\.csv$/.test(name))).toEqual([
      'methods.tex',
      'references.bib',
      'result.json',
      'study.yaml',
      'tables.md',
      'tables.tex',
    ]);
    const methods = readFileSync(join(out, 'methods.tex'), 'utf8');
    expect(methods).toContain('We trained adapters with LoRA~\\cite{hu2021lora} (rank ');
    expect(methods).toContain('Runs have the seeds 1 and 2');
    const cited = [...methods.matchAll(/\\cite\{([^}]+)\}/g)].map(([, key]) => key);
    const references = readFileSync(join(out, 'references.bib'), 'utf8');
    const known = [...references.matchAll(/^@\w+\{([^,]+),/gm)].map(([, key]) => key);
    expect(known.sort()).toEqual([...new Set(cited)].sort());
    expect(files.length).toBeGreaterThan(3);
    const saved = JSON.parse(readFileSync(join(out, 'result.json'), 'utf8'));
    expect(saved).toMatchObject({ id: done.id, result: done.result, provenance: done.provenance });
    const tables = readFileSync(join(out, 'tables.md'), 'utf8');
    expect(tables).toMatch(/^# .+\n\n- Version: CoTo Studio /);
    expect(tables.match(/^## /gm)).toHaveLength(saved.tables.length);
    const yaml = readFileSync(join(out, 'study.yaml'), 'utf8');
    expect(yaml).toMatch(/^# Makes the study again: coto study study\.yaml\n# "seed 1", SHA-256 [0-9a-f]{64}\n/);
    expect(yaml).toContain('points: 3');
    expect(yaml).not.toContain('eval_samples');
    const again = await json(studyRecordSchema, ['study', join(out, 'study.yaml')]);
    expect(again).toMatchObject({ name: done.name, result: done.result });
    // The file gives the adapters by the runs that made them, which are found.
    expect(again.config).toMatchObject({ pairs: [{ from: { run: { seed: 1 } }, to: { run: { seed: 2 } } }] });
    const nothing = { planned: expect.any(Number), jobs: 0, seconds: 0 };
    expect(again.provenance?.parts).toEqual([
      { kind: 'train', ...nothing },
      { kind: 'score', ...nothing },
    ]);
    expect(await json(studyRecordSchema, ['study', 'show', done.id])).toEqual(done);
    const shown = await coto(['study', 'show', done.id, '--out', join(folder, 'shown')]);
    expect(shown.out).toMatch(/How it was made\n\nVersion +CoTo Studio [\s\S]*Adapter 2 +seed 2, seed 2, SHA-256/);
    expect(readFileSync(join(folder, 'shown', 'study.yaml'), 'utf8')).toBe(yaml);
    expect((await coto(['study', 'list'])).out).toMatch(new RegExp(`${done.id} .*completed`));
    expect(await coto(['study', 'resume', done.id])).toMatchObject({
      code: 1,
      err: expect.stringContaining('is completed: it cannot be resumed'),
    });
    expect((await coto(['study', 'show', 'nothing'])).err).toContain('coto study list');

    // A result is compared with a saved one, number by number.
    const expected = join(out, 'result.json');
    const same = await coto(['study', 'show', done.id, '--expect', expected]);
    expect(same).toMatchObject({ code: 0, out: expect.stringMatching(/All \d+ numbers are those of /) });
    const other = join(folder, 'other.json');
    const [pair] = saved.result.pairs;
    const [point] = pair.curves[0].points;
    const curves = [
      { ...pair.curves[0], points: [{ ...point, loss: point.loss + 0.25 }, ...pair.curves[0].points.slice(1)] },
    ];
    const moved = { ...saved.result, pairs: [{ ...pair, curves: [...curves, ...pair.curves.slice(1)] }] };
    writeFileSync(other, JSON.stringify({ ...saved, result: moved }));
    const changed = await coto(['study', 'show', done.id, '--expect', other]);
    expect(changed.code).toBe(1);
    expect(changed.out).toMatch(/1 of \d+ values of .* moved, most pairs\[0\]\.curves\[0\]\.points\[0\]\.loss: /);
    expect(await coto(['study', 'show', done.id, '--expect', other, '--tolerance', '0.3'])).toMatchObject({ code: 0 });
    expect((await coto(['study', 'show', done.id, '--expect', study])).err).toContain('study.yaml is not JSON.');
  });

  test('a study is registered before it is run, and its deviations are listed', async () => {
    const study = join(folder, 'registered.yaml');
    const yaml = (label: string) =>
      `kind: lambda\ndataset: blobs\npoints: 3\npairs:\n  - { label: ${label}, coto: true, from: seed 1, to: seed 2 }\n`;
    writeFileSync(study, yaml('seeds'));
    const file = join(folder, 'registration.json');
    const { sha256, registeredAt } = await json(registeredStudySchema, ['study', 'register', study, '--out', file]);
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    expect((await coto(['study', 'register', study, '--out', file])).err).toContain('already exists');
    const early = '2 runs started before the registration: seed 1, seed 2';
    const words = ['study', study, '--registered', file];
    const same = await json(studyRecordSchema, words);
    expect(same.provenance?.registration).toEqual({ sha256, registeredAt, deviations: [early] });
    writeFileSync(study, yaml('other'));
    const other = await json(studyRecordSchema, words);
    expect(other.provenance?.registration?.deviations).toEqual(['pairs[0].label: seeds → other', early]);
    const shown = await coto(['study', 'show', other.id]);
    expect(shown.out).toMatch(
      /Registered +\S+, SHA-256 [0-9a-f]{64}\nDeviations +pairs\[0\]\.label: seeds → other; 2 runs/,
    );
    writeFileSync(file, readFileSync(file, 'utf8').replace('"seeds"', '"other"'));
    expect((await coto(words)).err).toContain('was changed after the registration');
  });

  test('a finished study is packaged, and the package is checked', async () => {
    const [{ id } = { id: '' }] = await json(z.array(studyRecordSchema), ['study', 'list']);
    const out = join(folder, 'packaged');
    const written = await json(studyPackageSchema, ['study', 'package', id, '--out', out]);
    expect(written.notes.every((note) => note.startsWith('No license was found beside the '))).toBe(true);
    const files = readdirSync(out, { recursive: true }).map(String);
    expect(files).toEqual(
      expect.arrayContaining([
        join('adapters', '01-seed-1', 'adapter_model.safetensors'),
        join('adapters', '02-seed-2', 'run.yaml'),
        'README.md',
        'SHA256SUMS',
        'predictions.jsonl',
        'ro-crate-metadata.json',
        'study.yaml',
        'versions.json',
      ]),
    );
    const crate = JSON.parse(readFileSync(join(out, 'ro-crate-metadata.json'), 'utf8'));
    const [root] = crate['@graph'].filter((entity: { '@id': string }) => entity['@id'] === './');
    expect(root.hasPart).toContainEqual({ '@id': 'result.json' });
    expect(await json(packageCheckSchema, ['study', 'verify', out])).toMatchObject({ problems: [] });
    expect((await coto(['study', 'package', id, '--out', out])).err).toContain('already exists');

    // Whatever changes afterwards is found.
    const result = JSON.parse(readFileSync(join(out, 'result.json'), 'utf8'));
    result.tables[0].rows[0][1] = '99.9';
    writeFileSync(join(out, 'result.json'), JSON.stringify(result));
    const lines = readFileSync(join(out, 'predictions.jsonl'), 'utf8').split('\n');
    const first = JSON.parse(lines[0] ?? '');
    lines[0] = JSON.stringify({ ...first, accuracy: first.accuracy / 2 + 0.25 });
    writeFileSync(join(out, 'predictions.jsonl'), lines.join('\n'));
    rmSync(join(out, 'adapters', '01-seed-1', 'adapter_model.safetensors'));
    writeFileSync(join(out, 'more.txt'), '');
    const spoiled = await coto(['study', 'verify', out, '--json']);
    expect(spoiled.code).toBe(1);
    expect(packageCheckSchema.parse(JSON.parse(spoiled.out)).problems).toEqual([
      'adapters/01-seed-1/adapter_model.safetensors is missing.',
      'predictions.jsonl has changed.',
      'result.json has changed.',
      'more.txt is not in SHA256SUMS.',
      expect.stringMatching(/^The table ".*" is not that of the numbers in result\.json\.$/),
      expect.stringMatching(/^The adapter "seed 1" \(SHA-256 [0-9a-f]{64}\) is missing\.$/),
      expect.stringMatching(/^predictions\.jsonl, line 1 \(.*\): the accuracy is not that of the examples\.$/),
    ]);
    expect((await coto(['study', 'verify', folder])).err).toContain('is no packaged study');
  });
});

test('Ctrl+C pauses a training run, and one that is resumed', async () => {
  /** Interrupts a run that would not end by itself. */
  const interrupted = async (words: readonly string[]) => {
    let pressed = false;
    const paused = await coto([...words, '--json'], (text, interrupt) => {
      if (pressed || !text.includes('Training')) return;
      pressed = true;
      interrupt();
    });
    expect(paused.code).toBe(130);
    expect(paused.err).toContain('Pausing after this step');
    const { run } = trained.parse(JSON.parse(paused.out));
    expect(run.status).toBe('paused');
    return run;
  };
  const run = await interrupted(['train', file, '--set', 'max_steps=1000000', '--name', 'long']);
  const saved = await json(adapterRecordSchema, ['runs', 'save', 'long']);
  // At the step of its last checkpoint, which may be later than what the answer above was told.
  expect(saved.name).toMatch(/^long, step [1-9]\d*$/);
  const resumed = await interrupted(['runs', 'resume', 'long']);
  expect(resumed.id).toBe(run.id);
  expect(resumed.step).toBeGreaterThan(run.step);
});

test.each(['base', 'lora'])('logits of %s agree with transformers and PEFT', async (name) => {
  const out = join(folder, `${name}.safetensors`);
  const adapter = name === 'base' ? [] : ['--adapter', goldenPath('vit-28', 'adapters', name)];
  const { code } = await coto([
    'logits',
    '--model',
    model,
    ...adapter,
    '--inputs',
    goldenPath('vit-28', 'inputs.safetensors'),
    '--out',
    out,
    '--compute',
    'wasm',
  ]);
  expect(code).toBe(0);
  const expected = await readSafetensors(
    name === 'base'
      ? goldenPath('vit-28', 'base-outputs.safetensors')
      : goldenPath('vit-28', 'adapters', name, 'expected.safetensors'),
  );
  const [actual, wanted] = [(await readSafetensors(out)).get('logits'), expected.get('logits')];
  if (actual === undefined || wanted === undefined) throw new Error('no logits');
  expect(relativeDifference(floats(actual), floats(wanted))).toBeLessThan(1e-4);
});
