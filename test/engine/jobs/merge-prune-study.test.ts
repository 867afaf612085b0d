import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readAdapter, writeAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import type { AdapterState } from '../../../src-main/engine/adapters/variant/state.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import type { PruneTask } from '../../../src-main/engine/contract.ts';
import { heldOutIndices } from '../../../src-main/engine/data/held-out.ts';
import { openDataset } from '../../../src-main/engine/data/open-dataset.ts';
import { indicesByLabel } from '../../../src-main/engine/data/subset.ts';
import type { EngineEvent } from '../../../src-main/engine/events.ts';
import { runEvaluateTask } from '../../../src-main/engine/jobs/evaluate.ts';
import { runMergeTask } from '../../../src-main/engine/jobs/merge.ts';
import { runPruneTask } from '../../../src-main/engine/jobs/prune.ts';
import { runScoreTask } from '../../../src-main/engine/jobs/score.ts';
import { plainBase } from '../../../src-main/engine/merge/run/task-heads.ts';
import { describeModel } from '../../../src-main/engine/models/huggingface/model-folder.ts';
import type { DatasetSource } from '../../../src-shared/domain/data/dataset.ts';
import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { taskSettingsSchema } from '../../../src-shared/domain/runs/task.ts';
import type { Subject } from '../../../src-shared/domain/studies/plan.ts';
import { lossesOf } from '../../../src-shared/results/outcomes.ts';
import { testCompute } from '../test-compute.ts';
import { labels, modelDirectory, randomAdapter, writeImages, writeSplit } from './random-adapters.ts';
import { testContext } from './test-context.ts';

let description: ModelDescription;
let scratch: string;
let first: string;
let second: string;
let foreign: string;
/** Adapter for another task, on other-data. */
let threeLabels: string;

beforeAll(async () => {
  description = await describeModel(modelDirectory);
  scratch = await mkdtemp(path.join(tmpdir(), 'coto-study-'));
  await writeImages(path.join(scratch, 'data'));
  await writeImages(path.join(scratch, 'other-data'), 3);
  await activateCompute(testCompute);
  first = await randomAdapter(path.join(scratch, 'first'), 1, labels);
  second = await randomAdapter(path.join(scratch, 'second'), 2, labels);
  threeLabels = await randomAdapter(path.join(scratch, 'three'), 4, ['0', '1', '2']);
  foreign = await randomAdapter(path.join(scratch, 'foreign'), 3, ['v', 'w', 'x', 'y', 'z']);
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const settings = taskSettingsSchema.parse({});
const dataset = () => ({ reader: 'idx', path: path.join(scratch, 'data'), options: {} });
const otherDataset = () => ({ ...dataset(), path: path.join(scratch, 'other-data') });
const accuracy = (...directories: string[]) => accuracyOn(dataset(), ...directories);
async function accuracyOn(source: DatasetSource, ...directories: string[]): Promise<number | null> {
  const adapters = directories.map((directory) => ({ directory, weight: 1 }));
  const evaluation = {
    kind: 'evaluate',
    compute: testCompute,
    modelDirectory,
    settings,
    eval_samples: 0,
    adapters,
  } as const;
  return (await runEvaluateTask({ ...evaluation, dataset: source }, testContext())).result.accuracy;
}
/** An adapter's change of the weights (null: none) with the head of another, as a folder of its own. */
async function headed(subject: string | null, head: AdapterState, name: string): Promise<string> {
  const folder = path.join(scratch, name);
  const state = subject === null ? plainBase() : await readAdapter(subject, description);
  const { saved, labels: named } = head;
  const config = { ...state.config, modules_to_save: head.config.modules_to_save };
  await writeAdapter(folder, { ...state, saved, labels: named, config }, { description, baseModelName: 'vit' });
  return folder;
}
const mergeTask = (method: string, outputDirectory: string | null, directories = [first, second]) => ({
  kind: 'merge' as const,
  compute: testCompute,
  modelDirectory,
  description,
  adapters: directories.map((directory) => ({ directory, weight: 1, step: null, dataset: 0 })),
  method,
  parameters: {},
  outputDirectory,
  datasets: [{ ...dataset(), settings }],
  eval_samples: 0,
  tuning_samples: 8,
  placebos: [],
});

test('merge writes a folder whose score is the one in the matrix; the base has their mean head', async () => {
  const output = path.join(scratch, 'merged');
  const result = await runMergeTask(mergeTask('factor-average', output), testContext());
  expect(result.adapterDirectory).toBe(output);
  const base = await headed(null, await readAdapter(output, description), 'base-headed');
  const folders = [first, second, output, base];
  expect(result.scores).toEqual([await Promise.all(folders.map((folder) => accuracy(folder)))]);
});

test('leaves the base unread if nothing is scored', async () => {
  const output = path.join(scratch, 'unscored');
  const task = { ...mergeTask('weight-average', output), modelDirectory: path.join(scratch, 'nowhere'), datasets: [] };
  expect(await runMergeTask(task, testContext())).toEqual({
    kind: 'merge',
    adapterDirectory: output,
    scores: [],
    forgetting: [],
    weights: [1, 1],
    notes: [],
  });
  const merged = await readAdapter(output, description);
  expect([...merged.modules.values()].every(({ rank }) => rank === 4)).toBe(true);
  const none = { ...task, method: 'ensemble', outputDirectory: null };
  expect(await runMergeTask(none, testContext())).toEqual({
    kind: 'merge',
    adapterDirectory: null,
    scores: [],
    forgetting: [],
    weights: [1, 1],
    notes: [],
  });
});

test('a merge says how far it is and can be cancelled between modules; then nothing is left', async () => {
  const output = path.join(scratch, 'followed');
  const task = { ...mergeTask('weight-average', output), datasets: [] };
  const events: EngineEvent[] = [];
  await runMergeTask(task, testContext(events));
  const total = (await readAdapter(output, description)).modules.size;
  const progress = events.flatMap((event) => (event.kind === 'progress' ? [event.progress] : []));
  expect(progress.at(-1)).toMatchObject({ phase: 'Merging', done: total, total, unit: 'modules' });
  const cancelled = path.join(scratch, 'cancelled');
  await expect(runMergeTask({ ...task, outputDirectory: cancelled }, testContext([], 2))).rejects.toMatchObject({
    code: 'cancelled',
  });
  expect((await readdir(scratch)).filter((name) => name.includes('cancelled'))).toEqual([]);
});

test('an ensemble stores nothing and scores what evaluating both together scores', async () => {
  const result = await runMergeTask(mergeTask('ensemble', null), testContext());
  expect(result.adapterDirectory).toBeNull();
  expect(result.scores[0]?.[2]).toBe(await accuracy(first, second));
});

test('placebos are scored between the merge and the base, and leave nothing', async () => {
  const output = path.join(scratch, 'beside-placebos');
  const task = { ...mergeTask('weight-average', output), placebos: ['random-directions', 'shuffled-layers'] };
  const { scores } = await runMergeTask(task, testContext());
  expect(scores[0]).toHaveLength(6);
  expect(scores[0]?.[2]).toBe(await accuracy(output));
  for (const score of scores[0]?.slice(3) ?? []) expect(score).toBeGreaterThanOrEqual(0);
});

test('a method that looks at data gets training examples, and is refused without them', async () => {
  const output = path.join(scratch, 'tuned');
  const { notes } = await runMergeTask(mergeTask('lorahub', output), testContext());
  expect(notes.join(' ')).toMatch(/Weights found/);
  const task = mergeTask('lorahub', path.join(scratch, 'untuned'));
  const unknown = { ...task, adapters: task.adapters.map((adapter) => ({ ...adapter, dataset: null })) };
  await expect(runMergeTask(unknown, testContext())).rejects.toThrow(/needs examples of the adapters' datasets/);
});

test('adapters of two tasks merge without a head, and each task is scored with the head of its own', async () => {
  const output = path.join(scratch, 'two-tasks');
  const task = mergeTask('weight-average', output, [first, threeLabels]);
  const adapters = task.adapters.map((one, index) => ({ ...one, dataset: index }));
  const datasets = [...task.datasets, { ...otherDataset(), settings }];
  const two = { ...task, adapters, datasets };
  const { scores } = await runMergeTask({ ...two, placebos: ['shuffled-layers'] }, testContext());
  const merged = await readAdapter(output, description);
  expect([merged.saved.size, merged.labels, merged.config.modules_to_save]).toEqual([0, null, null]);
  const outputs = await runMergeTask({ ...two, method: 'ensemble', outputDirectory: null }, testContext());
  for (const [row, own] of [first, threeLabels].entries()) {
    const source = row === 0 ? dataset() : otherDataset();
    const head = await readAdapter(own, description);
    const folders: string[] = [];
    for (const [column, subject] of [first, threeLabels, output, null].entries())
      folders.push(await headed(subject, head, `headed-${row}-${column}`));
    const expected = [];
    for (const folder of folders) expected.push(await accuracyOn(source, folder));
    expect([0, 1, 2, 4].map((column) => scores[row]?.[column])).toEqual(expected);
    expect(expected[row]).toBe(await accuracyOn(source, own));
    expect(outputs.scores[row]?.[2]).toBe(await accuracyOn(source, folders[0] ?? '', folders[1] ?? ''));
  }
});

test('a pruning that runs the adapter uses examples of the training split, and is refused without them', async () => {
  const task = (method: string, parameters: ParameterValues, source: PruneTask['dataset']): PruneTask => ({
    kind: 'prune',
    compute: testCompute,
    modelDirectory,
    description,
    adapterDirectory: first,
    method,
    parameters: { calibration_samples: 8, ...parameters },
    dataset: source,
    outputDirectory: path.join(scratch, `pruned-${method}`),
  });
  const examples = { ...dataset(), settings: taskSettingsSchema.parse({}) };
  for (const [method, parameters] of [
    ['greedy', { keep: 1 }],
    ['contribution', { keep: 1 }],
    ['lora-drop', { threshold: 0.5 }],
    ['wanda', {}],
  ] as const) {
    const made = await runPruneTask(task(method, parameters, examples), testContext());
    expect(made.kept).toBeLessThan(made.total);
    expect((await readAdapter(made.adapterDirectory, description)).modules.size).toBeGreaterThan(0);
    await expect(runPruneTask(task(method, parameters, null), testContext())).rejects.toThrow(
      'runs the adapter on examples',
    );
  }
});

test('prune writes a folder without the dropped layers', async () => {
  const output = path.join(scratch, 'pruned');
  const result = await runPruneTask(
    {
      kind: 'prune',
      compute: testCompute,
      modelDirectory,
      description,
      adapterDirectory: first,
      method: 'every-other-layer',
      parameters: {},
      dataset: null,
      outputDirectory: output,
    },
    testContext(),
  );
  const before = await readAdapter(first, description);
  const after = await readAdapter(output, description);
  const even = [...before.modules.keys()].filter((name) => Number(/layers\.(\d+)\./.exec(name)?.[1]) % 2 === 0);
  expect([...after.modules.keys()]).toEqual(even);
  expect(result.kept / result.total).toBeCloseTo(even.length / before.modules.size, 12);
  expect(after.saved.size).toBe(before.saved.size);
});

const adapter = (adapterId: string) => ({ kind: 'adapter', adapter: { adapterId } }) as const;
const scoreTask = (directories: string[]) => ({
  kind: 'score' as const,
  compute: testCompute,
  modelDirectory,
  datasets: [{ id: 'data', source: dataset(), settings, eval_samples: 60 }],
  adapters: directories.map((directory, index) => ({ adapterId: `a${index}`, directory })),
  subjects: [0, 0.5, 1].map((lambda) => ({
    key: `λ${lambda}`,
    dataset: 0,
    title: `λ = ${lambda}`,
    names: ['The first adapter', 'The second adapter'],
    subject: {
      kind: 'merge' as const,
      method: 'factor-average',
      parameters: {},
      inputs: [
        { subject: adapter('a0'), weight: 1 - lambda },
        { subject: adapter('a1'), weight: lambda },
      ],
    },
  })),
});

test('subjects are scored one by one, a line ends at its adapters, and progress runs to the end', async () => {
  const events: EngineEvent[] = [];
  expect(await runScoreTask(scoreTask([first, second]), testContext(events))).toEqual({ kind: 'score', scored: 3 });
  const evaluated = async (directory: string) => {
    const adapters = [{ directory, weight: 1 }];
    const task = { kind: 'evaluate', compute: testCompute, modelDirectory, settings, eval_samples: 60 } as const;
    return (await runEvaluateTask({ ...task, dataset: dataset(), adapters }, testContext())).result;
  };
  const scores = events.flatMap((event) => (event.kind === 'score' ? event : []));
  expect(scores.map(({ key }) => key)).toEqual(['λ0', 'λ0.5', 'λ1']);
  expect(scores.map(({ score }) => score.examples)).toEqual([60, 60, 60]);
  expect(scores[0]?.score.loss).toBeCloseTo((await evaluated(first)).loss, 6);
  expect(scores[2]?.score.loss).toBeCloseTo((await evaluated(second)).loss, 6);
  expect(events.findLast((event) => event.kind === 'progress')).toMatchObject({
    progress: { done: 180, total: 180, unit: 'examples', etaSeconds: 0 },
  });
});

test('a score on the validation split is on the training examples that runs hold out', async () => {
  const events: EngineEvent[] = [];
  // Splits of equal length are equal here, so that a score on the test split tells the loss of every training example.
  const folder = path.join(scratch, 'equal-splits');
  await mkdir(folder);
  await writeSplit(folder, 'train', 80);
  await writeSplit(folder, 't10k', 80);
  const source = { ...dataset(), path: folder };
  const whole = { id: 'data', source, settings, eval_samples: 0 };
  const common = { names: [], title: 'x', subject: adapter('a0') };
  const subjects = [0, 1].map((place) => ({ ...common, key: `${place}`, dataset: place }));
  const datasets = [whole, { ...whole, validation_samples: 30 }];
  await runScoreTask({ ...scoreTask([first]), datasets, subjects }, testContext(events));
  const [all, held] = events.flatMap((event) => (event.kind === 'score' ? [lossesOf(event.score)] : []));
  const opened = await openDataset(source);
  if (opened.kind !== 'images') throw new Error('texts');
  const indices = heldOutIndices(indicesByLabel(opened.split('train').labels, labels.length), 30);
  expect(held).toHaveLength(30);
  for (const [at, index] of indices.entries()) expect(held?.[at]).toBeCloseTo(all?.[index] ?? Number.NaN, 5);
});

test('an ensemble asks each member once, and a pruned subject says what is left of it', async () => {
  const events: EngineEvent[] = [];
  const common = { names: [], title: 'x', dataset: 0 };
  const inputs = ['a0', 'a1'].map((id) => ({ subject: adapter(id), weight: 1 }));
  const subjects = [
    { ...common, key: 'alone', subject: adapter('a0') },
    { ...common, key: 'both', subject: { kind: 'merge' as const, method: 'ensemble', parameters: {}, inputs } },
    {
      ...common,
      key: 'half',
      subject: { kind: 'prune' as const, method: 'every-other-layer', parameters: {}, subject: adapter('a0') },
    },
  ];
  const all = [{ id: 'data', source: dataset(), settings, eval_samples: 0 }];
  await runScoreTask({ ...scoreTask([first, second]), datasets: all, subjects }, testContext(events));
  const scores = new Map(events.flatMap((event) => (event.kind === 'score' ? [[event.key, event.score]] : [])));
  expect(scores.get('both')?.accuracy).toBe(await accuracy(first, second));
  const { kept, total } = scores.get('half') ?? {};
  expect(kept).toBe((total ?? 0) / 2);
  // Three passes over 120 examples: a0, a1, and a0 pruned.
  expect(events.findLast((event) => event.kind === 'progress')).toMatchObject({ progress: { total: 360, done: 360 } });
});

test('a merge of two tasks is scored on each with the head of its adapter, tuned on the examples of both', async () => {
  const events: EngineEvent[] = [];
  const parameters = { search: 'weights', search_evaluations: 4 };
  const tuning = { datasets: ['data', 'other'], samples: 10 };
  const inputs = ['a0', 'a1'].map((id) => ({ subject: adapter(id), weight: 1 }));
  const merge = (method: string) => ({ kind: 'merge' as const, method, parameters: {}, inputs });
  const subjects = [0, 1].flatMap((place) => {
    const head = (key: string, subject: Subject) => ({
      key: `${key}/${place}`,
      title: key,
      names: ['The head', 'The first', 'The second'],
      dataset: place,
      subject: { kind: 'withHead' as const, subject, head: adapter(`a${place}`) },
    });
    return [
      head('base', { kind: 'base' }),
      head('other', adapter(`a${1 - place}`)),
      head('own', adapter(`a${place}`)),
      head('merge', merge('weight-average')),
      head('ensemble', merge('ensemble')),
      head('tuned', { ...merge('weight-average'), parameters, tuning }),
    ];
  });
  const datasets = [dataset(), otherDataset()].map((source, place) => ({
    id: place === 0 ? 'data' : 'other',
    source,
    settings,
    eval_samples: 0,
  }));
  await runScoreTask({ ...scoreTask([first, threeLabels]), datasets, subjects }, testContext(events));
  const scores = new Map(events.flatMap((event) => (event.kind === 'score' ? [[event.key, event.score]] : [])));
  const merged = path.join(scratch, 'merged-tasks');
  await runMergeTask({ ...mergeTask('weight-average', merged, [first, threeLabels]), datasets: [] }, testContext());
  for (const [place, own] of [first, threeLabels].entries()) {
    const source = place === 0 ? dataset() : otherDataset();
    const head = await readAdapter(own, description);
    const on = async (...folders: string[]) => accuracyOn(source, ...folders);
    const other = await headed(place === 0 ? threeLabels : first, head, `scored-other-${place}`);
    const base = await headed(null, head, `scored-base-${place}`);
    const both = await headed(merged, head, `scored-merge-${place}`);
    const score = (key: string) => scores.get(`${key}/${place}`)?.accuracy;
    expect([score('base'), score('other'), score('own'), score('merge'), score('ensemble')]).toEqual([
      await on(base),
      await on(other),
      await on(own),
      await on(both),
      await on(own, other),
    ]);
    expect(scores.get(`tuned/${place}`)?.tuned).toEqual(scores.get('tuned/0')?.tuned);
  }
  expect(scores.get('tuned/0')?.tuned?.weights).toHaveLength(2);
  // An ensemble reuses what its members said; five passes over each dataset.
  expect(events.findLast((event) => event.kind === 'progress')).toMatchObject({
    progress: { done: 1200, total: 1200 },
  });
  const [tuned] = subjects.filter(({ key }) => key === 'tuned/0');
  const untuned = {
    ...scoreTask([first, threeLabels]),
    datasets,
    subjects: tuned
      ? [{ ...tuned, subject: { ...tuned.subject, subject: { ...merge('weight-average'), parameters } } }]
      : [],
  };
  await expect(runScoreTask(untuned, testContext())).rejects.toThrow(/needs training examples/);
});

test('scoring stops when told to, and refuses adapters for other labels by the name that they were given', async () => {
  await expect(runScoreTask(scoreTask([first, second]), testContext([], 2))).rejects.toMatchObject({
    code: 'cancelled',
  });
  await expect(runScoreTask(scoreTask([first, foreign]), testContext())).rejects.toThrow(/The second adapter was not/);
});
