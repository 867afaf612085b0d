import { join } from 'node:path';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapterOutline } from '../../../src-main/engine/adapters/peft/open-adapter.ts';
import type { EngineEvent, EngineSignal } from '../../../src-main/engine/events.ts';
import type { LabelLoss, MicroBatch } from '../../../src-main/engine/losses/batch-loss.ts';
import type { BaseModel } from '../../../src-main/engine/models/base-model.ts';
import type { Criterion, Score } from '../../../src-main/engine/training/best-evaluation.ts';
import { RunCalibration } from '../../../src-main/engine/training/calibration.ts';
import type { SharedPassPlace } from '../../../src-main/engine/training/shared-pass.ts';
import { type TrainingOutcome, TrainingRun } from '../../../src-main/engine/training/training-run.ts';
import { type RunConfig, runConfigSchema } from '../../../src-shared/domain/runs/run.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { classBatch } from '../batches.ts';

const EXAMPLES = 40;
const PIXELS = 3 * 16 * 16;

/** Random images of random labels, for the golden ViT. */
export const images = (() => {
  const random = RandomStream.seeded(9, 'study');
  return {
    pixels: Float32Array.from({ length: EXAMPLES * PIXELS }, () => random.normal()),
    labels: Int32Array.from({ length: EXAMPLES }, () => random.integer(5)),
  };
})();

export function loadBatch(indices: Int32Array): Promise<MicroBatch<LabelLoss>> {
  const data = new Float32Array(indices.length * PIXELS);
  indices.forEach((index, row) => {
    data.set(images.pixels.subarray(index * PIXELS, (index + 1) * PIXELS), row * PIXELS);
  });
  const labels = indices.map((index) => images.labels[index] ?? 0);
  return Promise.resolve(classBatch({ pixel_values: { shape: [indices.length, 3, 16, 16], data } }, labels));
}

/** A short run with LoRA and CoTo. */
export const config = (changes: Record<string, unknown> = {}): RunConfig =>
  runConfigSchema.parse({
    adapter: { r: 4, lora_alpha: 8, lora_dropout: 0.1, target_modules: ['q_proj', 'v_proj'] },
    coto: {},
    max_steps: 12,
    per_device_train_batch_size: 4,
    gradient_accumulation_steps: 2,
    learning_rate: 0.01,
    weight_decay: 0.1,
    eval_steps: 4,
    ...changes,
  });

export interface Trained extends TrainingOutcome {
  readonly events: EngineEvent[];
}

/** Trains on the golden ViT until the end, or until `signalAt` steps were taken. */
export async function trainVit(
  base: BaseModel,
  folder: string,
  runConfig: RunConfig,
  options: {
    name: string;
    resume?: string;
    signal?: EngineSignal;
    signalAt?: number;
    criterion?: Criterion;
    scores?: (step: number) => Score;
    place?: SharedPassPlace | undefined;
    /** Called before each step with the number of steps done, to set a clock. */
    beforeStep?: (done: number) => void;
    /** Receives the events of a failing training. */
    events?: EngineEvent[];
  },
): Promise<Trained> {
  const { events = [] } = options;
  const model = new AdaptedModel(base);
  const examples = Int32Array.from({ length: EXAMPLES }, (_, index) => index);
  const source = { examples, batchSize: 8, seed: runConfig.seed, loadBatch };
  const { resume } = options;
  await model.createAdapter(runConfig.adapter, {
    random: RandomStream.seeded(runConfig.seed, 'initialization'),
    labels: base.description.labels,
    calibration: new RunCalibration(base, source, { emit: () => undefined, signal: async () => null }),
    ...(resume ? { resumed: (await readAdapterOutline(resume, base.description)).modules } : {}),
  });
  let asked = 0;
  let scored = 0;
  try {
    const run = new TrainingRun({
      config: runConfig,
      model,
      examples,
      totalSteps: runConfig.max_steps,
      criterion: options.criterion ?? { metric: 'accuracy', greaterIsBetter: true },
      loadBatch,
      evaluate: async (step) => {
        scored += 1;
        if (options.scores) return options.scores(step);
        return { accuracy: scored === 1 ? 0.9 : 0.5, loss: 1, metrics: {} };
      },
      gradients: options.place?.sourceFor(model),
      runDirectory: join(folder, options.name),
      baseModelName: 'golden',
      context: {
        emit: (event) => events.push(event),
        signal: async () => {
          const done = asked++;
          options.beforeStep?.(done);
          return options.signalAt !== undefined && done >= options.signalAt ? (options.signal ?? null) : null;
        },
      },
      facts: {
        trainableParameters: 1,
        totalParameters: 1,
        evalExamples: 1,
        backend: 'wasm',
        threads: 1,
        computeDtype: 'float32',
        runsTogether: 1,
      },
    });
    if (options.resume) await run.resumeFrom(options.resume);
    return { ...(await run.run()), events };
  } finally {
    options.place?.leave();
    model.dispose();
  }
}

/** Values of one metric by step. */
export const rows = (events: EngineEvent[], name: string) =>
  events
    .flatMap((event) => (event.kind === 'metrics' ? event.columns : []))
    .filter((column) => column.name === name)
    .flatMap(({ steps, values }) => [...values].map((value, index) => ({ name, step: steps[index], value })));
/** Bits of all masks, step by step. */
export const masks = (events: EngineEvent[]) =>
  events.flatMap((event) => (event.kind === 'masks' ? [...event.masks.bytes] : []));
