import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readAdapter, writeAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import type { PruneTask } from '../../../src-main/engine/contract.ts';
import type { EngineEvent } from '../../../src-main/engine/events.ts';
import { runEvaluateTask } from '../../../src-main/engine/jobs/evaluate.ts';
import { runMergeTask } from '../../../src-main/engine/jobs/merge.ts';
import { runPruneTask } from '../../../src-main/engine/jobs/prune.ts';
import { runScoreTask } from '../../../src-main/engine/jobs/score.ts';
import { runTrainTask } from '../../../src-main/engine/jobs/train.ts';
import { describeModel } from '../../../src-main/engine/models/huggingface/model-folder.ts';
import type { Forgetting } from '../../../src-shared/domain/evaluation/forgetting.ts';
import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import { runConfigSchema } from '../../../src-shared/domain/runs/run.ts';
import { taskSettingsSchema } from '../../../src-shared/domain/runs/task.ts';
import type { Subject } from '../../../src-shared/domain/studies/plan.ts';
import { testCompute } from '../test-compute.ts';
import { labels, modelDirectory, randomAdapter, writeImages } from './random-adapters.ts';
import { testContext } from './test-context.ts';

let description: ModelDescription;
let scratch: string;
let first: string;
let second: string;
beforeAll(async () => {
  description = await describeModel(modelDirectory);
  scratch = await mkdtemp(path.join(tmpdir(), 'coto-forgetting-'));
  await writeImages(path.join(scratch, 'data'));
  await activateCompute(testCompute);
  first = await randomAdapter(path.join(scratch, 'first'), 1, labels);
  second = await randomAdapter(path.join(scratch, 'second'), 2, labels);
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const settings = taskSettingsSchema.parse({});
const source = () => ({ reader: 'idx', path: path.join(scratch, 'data'), options: {} });
const common = () => ({
  compute: testCompute,
  modelDirectory,
  forgetting: {
    neutral: path.join(import.meta.dirname, '../../../assets/neutral'),
    cache: path.join(scratch, 'cache'),
  },
});
async function evaluated(...directories: string[]): Promise<Forgetting | null> {
  const adapters = directories.map((directory) => ({ directory, weight: 1 }));
  const task = { kind: 'evaluate', ...common(), dataset: source(), settings, eval_samples: 10, adapters } as const;
  return (await runEvaluateTask(task, testContext())).result.forgetting;
}

test('an evaluation says what one adapter costs; an ensemble and a job without the folders say nothing', async () => {
  const forgetting = await evaluated(first);
  expect(forgetting).toMatchObject({ measure: 'own-head-divergence', count: 96 });
  expect(forgetting?.rise).toBeGreaterThan(0);
  expect(await evaluated(first, second)).toBeNull();
  const adapters = [{ directory: first, weight: 1 }];
  const { forgetting: _, ...unasked } = common();
  const task = { kind: 'evaluate', ...unasked, dataset: source(), settings, eval_samples: 10, adapters } as const;
  expect((await runEvaluateTask(task, testContext())).result.forgetting).toBeNull();
  // The weight of a single adapter scales its change.
  const none = { ...task, ...common(), adapters: [{ directory: first, weight: 0 }] };
  expect((await runEvaluateTask(none, testContext())).result.forgetting?.rise).toBe(0);
});

test('a merge says it of its inputs, of itself and of its placebos, a pruning before and after', async () => {
  const merge = (method: string, outputDirectory: string | null) =>
    runMergeTask(
      {
        kind: 'merge',
        ...common(),
        description,
        adapters: [first, second].map((directory) => ({ directory, weight: 1, step: null, dataset: 0 })),
        method,
        parameters: {},
        outputDirectory,
        datasets: [{ ...source(), settings }],
        eval_samples: 10,
        tuning_samples: 8,
        placebos: outputDirectory === null ? [] : ['random-directions'],
      },
      testContext(),
    );
  const output = path.join(scratch, 'merged');
  const { forgetting, scores } = await merge('weight-average', output);
  expect(forgetting).toHaveLength(scores[0]?.length ?? 0);
  const own = [await evaluated(first), await evaluated(second)];
  expect(forgetting.slice(0, 3)).toEqual([...own, await evaluated(output)]);
  expect(forgetting[3]?.rise).toBeGreaterThan(0);
  expect(forgetting[4]).toBeNull();
  expect((await merge('ensemble', null)).forgetting).toEqual([...own, null, null]);

  const pruned = path.join(scratch, 'pruned');
  const result = await runPruneTask(
    {
      kind: 'prune',
      ...common(),
      description,
      adapterDirectory: first,
      method: 'every-other-layer',
      parameters: {},
      dataset: null,
      outputDirectory: pruned,
    },
    testContext(),
  );
  expect(result.forgetting).toEqual({ unpruned: own[0], pruned: await evaluated(pruned) });
});

test('a measurement that fails is a warning, and a pruning needs no base that is gone', async () => {
  const broken = await readAdapter(first, description);
  const modules = new Map(
    [...broken.modules].map(([name, { tensors, ...rest }]) => {
      const own = [...tensors].map(
        ([part, { shape, data }]) => [part, { shape, data: Float32Array.from(data, () => 1e30) }] as const,
      );
      return [name, { ...rest, tensors: new Map(own) }] as const;
    }),
  );
  const folder = path.join(scratch, 'diverged');
  await writeAdapter(folder, { ...broken, modules }, { description, baseModelName: 'vit' });
  const prune = async (changes: Partial<PruneTask>) => {
    const events: EngineEvent[] = [];
    const outputDirectory = path.join(scratch, 'pruned-again');
    const task = { kind: 'prune', ...common(), description, method: 'every-other-layer', parameters: {} } as const;
    const result = await runPruneTask(
      { ...task, adapterDirectory: first, dataset: null, outputDirectory, ...changes },
      testContext(events),
    );
    expect(result.forgetting).toBeNull();
    return events.flatMap((event) => (event.kind === 'log' && event.level === 'warning' ? event.text : []));
  };
  expect(await prune({ adapterDirectory: folder })).toEqual([
    expect.stringContaining('Forgetting was not measured: The outputs of the model are not finite'),
  ]);
  expect(await prune({ modelDirectory: path.join(scratch, 'gone') })).toEqual([
    expect.stringContaining('Forgetting was not measured'),
  ]);
  expect(await prune({ modelDirectory: null })).toEqual([]);
});

test('scores say it once a subject, not where they say not to, and null for an ensemble', async () => {
  const adapter = (adapterId: string): Subject => ({ kind: 'adapter', adapter: { adapterId } });
  const both = ['a0', 'a1'].map((id) => ({ subject: adapter(id), weight: 1 }));
  const subject = (key: string, of: Subject, forgetting?: boolean) => ({
    key,
    title: key,
    names: [],
    dataset: 0,
    subject: of,
    ...(forgetting === undefined ? {} : { forgetting }),
  });
  const events: EngineEvent[] = [];
  const merge = (method: string): Subject => ({ kind: 'merge', method, parameters: {}, inputs: both });
  await runScoreTask(
    {
      kind: 'score',
      ...common(),
      datasets: [{ id: 'data', source: source(), settings, eval_samples: 10 }],
      adapters: [first, second].map((directory, index) => ({ adapterId: `a${index}`, directory })),
      subjects: [
        subject('alone', adapter('a0')),
        subject('point', adapter('a1'), false),
        subject('other head', { kind: 'withHead', subject: adapter('a0'), head: adapter('a1') }),
        subject('base', { kind: 'withHead', subject: { kind: 'base' }, head: adapter('a1') }),
        subject('ensemble', merge('ensemble')),
      ],
    },
    testContext(events),
  );
  const scores = new Map(events.flatMap((event) => (event.kind === 'score' ? [[event.key, event.score]] : [])));
  const alone = await evaluated(first);
  expect(scores.get('alone')?.forgetting).toEqual(alone);
  expect(scores.get('point')).not.toHaveProperty('forgetting');
  expect(scores.get('other head')?.forgetting).toEqual(alone);
  expect(scores.get('base')?.forgetting).toMatchObject({ rise: 0 });
  expect(scores.get('ensemble')?.forgetting).toBeNull();
  expect(events.findLast((event) => event.kind === 'progress')).toMatchObject({ progress: { unit: 'examples' } });
});

test('a run says it of the adapter that it ends with', async () => {
  const config = runConfigSchema.parse({
    model: 'vit-28',
    dataset: 'data',
    max_steps: 2,
    per_device_train_batch_size: 4,
    eval_samples: 10,
    learning_rate: 0.05,
    // Evaluations compute like this, whatever is fastest on the machine.
    compute_dtype: 'float32',
  });
  const run = path.join(scratch, 'run');
  const task = { kind: 'train', ...common(), config, dataset: source(), runDirectory: run } as const;
  const { result, adapterDirectory } = await runTrainTask(
    { ...task, resumeFrom: null, earlierDtype: null },
    testContext(),
  );
  expect(result?.forgetting?.rise).toBeGreaterThan(0);
  expect(result?.forgetting).toEqual(await evaluated(adapterDirectory ?? ''));
});
