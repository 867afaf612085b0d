import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TrainTask } from '../../../src-main/engine/contract.ts';
import type { EngineEvent, EngineSignal } from '../../../src-main/engine/events.ts';
import { runTrainTask } from '../../../src-main/engine/jobs/train.ts';
import { runConfigSchema } from '../../../src-shared/domain/runs/run.ts';
import { jsonlFolder, littleBert } from '../tasks/text-task.ts';
import { testCompute } from '../test-compute.ts';
import { savedCheckpoint } from '../training/saved-checkpoint.ts';
import { rows } from '../training/vit-run.ts';
import { modelDirectory, writeImages } from './random-adapters.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coto-train-images-'));
  await writeImages(join(folder, 'data'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const augmentation = { crop: [0.3, 1], horizontal_flip: true, rotation_radians: 0.2, scale: [0.9, 1.1], shift: 0.1 };

const task = (name: string, changes: object, resumeFrom: string | null = null): TrainTask => ({
  kind: 'train',
  compute: testCompute,
  config: runConfigSchema.parse({
    max_steps: 6,
    per_device_train_batch_size: 4,
    eval_samples: 10,
    eval_on_start: true,
    adapter: { r: 2, target_modules: 'all-linear', lora_dropout: 0.1 },
    coto: {},
    compute_dtype: 'float32',
    ...changes,
  }),
  modelDirectory,
  dataset: { reader: 'idx', path: join(folder, 'data'), options: {} },
  runDirectory: join(folder, name),
  resumeFrom,
  earlierDtype: null,
});

/** @param pauseAfter how often the run asks for a signal before it is paused: once a step, and in its first evaluation. */
async function train(name: string, changes: object, resumeFrom: string | null = null, pauseAfter = Number.NaN) {
  const events: EngineEvent[] = [];
  let asked = 0;
  const signal = async (): Promise<EngineSignal | null> => {
    if (events.some(({ kind }) => kind === 'facts')) asked++;
    return asked > pauseAfter ? 'pause' : null;
  };
  await runTrainTask(task(name, changes, resumeFrom), { emit: (event) => void events.push(event), signal });
  return { losses: rows(events, 'loss'), scores: rows(events, 'eval_loss') };
}

const weights = (name: string) => readFile(join(savedCheckpoint(join(folder, name)), 'adapter_model.safetensors'));

test('augmentation changes the training rows alone, and a resumed run augments like a whole one', async () => {
  const plain = await train('plain', {});
  const whole = await train('whole', { augmentation });
  expect(whole.losses).toHaveLength(6);
  // The first step has the same weights in both: only its images differ.
  expect(whole.losses[0]?.value).not.toBe(plain.losses[0]?.value);
  expect(whole.scores[0]).toEqual(plain.scores[0]);

  const cut = await train('cut', { augmentation }, null, 5);
  const last = savedCheckpoint(join(folder, 'cut'));
  const rest = await train('cut', { augmentation }, last);
  expect(cut.losses.length).toBeGreaterThan(0);
  expect(cut.losses.length).toBeLessThan(6);
  expect([...cut.losses, ...rest.losses]).toEqual(whole.losses);
  expect((await weights('cut')).equals(await weights('whole'))).toBe(true);
});

test('the rows of a batch are augmented alike in two micro-batches, and otherwise with another seed', async () => {
  const settings = { augmentation, max_steps: 1, adapter: { r: 2, target_modules: 'all-linear' }, coto: null };
  const [whole] = (await train('one', settings)).losses;
  const halves = { ...settings, per_device_train_batch_size: 2, gradient_accumulation_steps: 2 };
  const [split] = (await train('two', halves)).losses;
  expect(split?.value).toBeCloseTo(whole?.value ?? Number.NaN, 4);
  const [other] = (await train('other', { ...settings, seed: 7, order_seed: 42 })).losses;
  expect(other?.value).not.toBeCloseTo(whole?.value ?? Number.NaN, 4);
});

test('augmentation of texts is rejected before a step', async () => {
  const [bert, texts] = [
    littleBert(join(folder, 'bert')),
    [
      { text: 'good', label: 'a' },
      { text: 'bad', label: 'b' },
    ],
  ];
  const dataset = { reader: 'jsonl', path: jsonlFolder(join(folder, 'texts'), texts, texts), options: {} };
  const run = runTrainTask(
    { ...task('texts', { augmentation }), modelDirectory: bert, dataset },
    { emit: () => undefined, signal: async () => null },
  );
  await expect(run).rejects.toThrow('augmentation changes training images, but the dataset has texts.');
});
