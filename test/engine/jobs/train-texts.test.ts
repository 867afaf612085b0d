import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadAddon } from '../../../src-main/engine/compute/native/load-addon.ts';
import type { TrainTask } from '../../../src-main/engine/contract.ts';
import type { EngineEvent, EngineSignal, TaskContext } from '../../../src-main/engine/events.ts';
import { runTrainTask } from '../../../src-main/engine/jobs/train.ts';
import { runConfigSchema } from '../../../src-shared/domain/runs/run.ts';
import { jsonlFolder, littleBert } from '../tasks/text-task.ts';
import { testCompute } from '../test-compute.ts';
import { savedCheckpoint } from '../training/saved-checkpoint.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-train-texts-'));
let modelDirectory: string;
let data: string;
beforeAll(() => {
  modelDirectory = littleBert(join(folder, 'bert'));
  const rows = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      text: `the ${index % 3 === 0 ? 'film' : 'book'} was ${index % 2 ? 'bad' : 'very good'}`,
      label: index % 2 ? 'negative' : 'positive',
    }));
  data = jsonlFolder(join(folder, 'data'), rows(20), rows(12));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** @param signals what is answered when the task asks for the so-manyth time; null before and after. */
function context(events: EngineEvent[], signals: (asked: number) => EngineSignal | null): TaskContext {
  let asked = 0;
  return { emit: (event) => void events.push(event), signal: async () => signals(++asked) };
}

const task = (name: string, resumeFrom: string | null = null): TrainTask => ({
  kind: 'train',
  compute: testCompute,
  config: runConfigSchema.parse({
    max_steps: 8,
    per_device_train_batch_size: 4,
    per_device_eval_batch_size: 2,
    eval_steps: 4,
    // A second pass over the texts, in batches of like length; held-out texts are scored.
    group_by_length: true,
    eval_split: 'validation',
    validation_samples: 6,
    metric_for_best_model: 'f1_macro',
    adapter: { target_modules: 'all-linear', lora_dropout: 0.1 },
    coto: {},
    compute_dtype: 'float32',
  }),
  modelDirectory,
  dataset: { reader: 'jsonl', path: data, options: {} },
  runDirectory: join(folder, name),
  resumeFrom,
  earlierDtype: null,
});

const facts = (events: readonly EngineEvent[]) => events.find((event) => event.kind === 'facts')?.facts;
const weights = (name: string) => readFileSync(join(savedCheckpoint(join(folder, name)), 'adapter_model.safetensors'));

test('a run on text goes on bit for bit after a pause', async () => {
  const events: EngineEvent[] = [];
  const whole = await runTrainTask(
    task('whole'),
    context(events, () => null),
  );
  expect(whole.outcome).toBe('completed');
  // Twice while the texts are read; then once a step.
  const paused = await runTrainTask(
    task('parts'),
    context([], (asked) => (asked > 5 ? 'pause' : null)),
  );
  expect(paused.outcome).toBe('paused');
  expect(weights('parts').equals(weights('whole'))).toBe(false);
  const last = savedCheckpoint(join(folder, 'parts'));
  const resumed = await runTrainTask(
    task('parts', last),
    context([], () => null),
  );
  expect(resumed.result?.evalLoss).toBe(whole.result?.evalLoss);
  expect(weights('parts').equals(weights('whole'))).toBe(true);
  expect(whole.result?.best?.metric).toBe('f1_macro');
  expect(facts(events)).toMatchObject({
    trainExamples: 14,
    evalExamples: 6,
    paddingShare: { grouped: expect.any(Number) },
  });
});

test('an evaluation is cancelled between its batches', async () => {
  const events: EngineEvent[] = [];
  const isEvaluating = () =>
    events.some((event) => event.kind === 'progress' && event.progress.phase.startsWith('Eval'));
  const { outcome } = await runTrainTask(
    task('cancelled'),
    context(events, () => (isEvaluating() ? 'cancel' : null)),
  );
  expect(outcome).toBe('cancelled');
  const evaluated = events.filter((event) => event.kind === 'progress' && event.progress.unit === 'examples');
  expect(evaluated.some((event) => event.kind === 'progress' && event.progress.done === 6)).toBe(false);
});

const loaded = loadAddon();

test.skipIf(testCompute !== 'native' || !('addon' in loaded))(
  'memory that runs out is said with step, shape and remedy, and the run goes on bit for bit when there is some',
  async () => {
    if (!('addon' in loaded)) return;
    const { addon } = loaded;
    const given = (name: string, resumeFrom: string | null = null): TrainTask => {
      const { config, ...rest } = task(name, resumeFrom);
      return { ...rest, config: { ...config, save_steps: 1, eval_steps: 0, metric_for_best_model: null } };
    };
    const quiet = context([], () => null);
    await runTrainTask(given('plenty'), quiet);
    const events: EngineEvent[] = [];
    // On a slow machine there are others besides, by their age.
    const steps = () =>
      events.filter((event) => event.kind === 'checkpoint' && event.checkpoint.kind === 'step').length;
    const short = runTrainTask(
      given('short'),
      context(events, () => {
        if (steps() === 3) {
          addon.trim();
          addon.setMemoryLimit(1);
        }
        return null;
      }),
    ).finally(() => addon.setMemoryLimit(0));
    await expect(short).rejects.toMatchObject({
      code: 'out_of_memory',
      message: expect.stringMatching(
        /^There was no memory left in step \d of 8, for micro-batches of \d × \d+ tokens\.$/,
      ),
      hint: expect.stringContaining('resume the run from its last checkpoint'),
    });
    const { outcome } = await runTrainTask(given('short', savedCheckpoint(join(folder, 'short'), 'step')), quiet);
    expect(outcome).toBe('completed');
    expect(weights('short').equals(weights('plenty'))).toBe(true);
  },
);
