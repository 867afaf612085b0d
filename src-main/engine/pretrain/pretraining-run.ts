import type * as tf from '@tensorflow/tfjs-core';
import type { PretrainConfig } from '../../../src-shared/domain/pretrain.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import type { EngineSignal, TaskContext } from '../contract.ts';
import { BatchOrder } from '../training/batch-order.ts';
import { learningRateSchedules, warmupStepCount } from '../training/learning-rate/index.ts';
import { MetricRecorder } from '../training/metric-recorder.ts';
import type { MicroBatch } from '../training/micro-batch.ts';
import { AdamW } from '../training/optimizers/adamw.ts';
import { GroupedOptimizer } from '../training/optimizers/grouped.ts';
import type { Optimizer } from '../training/optimizers/optimizer.ts';
import { ProgressMeter } from '../training/progress-meter.ts';
import { TrainingStep } from '../training/training-step.ts';
import { readPretrainCheckpoint, writePretrainCheckpoint } from './checkpoint.ts';
import type { FullModel } from './full-model.ts';

const checkpointMilliseconds = 60_000;

export interface PretrainScore {
  readonly loss: number;
  readonly accuracy: number | null;
}

export interface PretrainingParts {
  readonly config: PretrainConfig;
  readonly model: FullModel;
  /** Training examples: windows of text, or images. */
  readonly exampleCount: number;
  readonly context: TaskContext;
  /** Where it can be taken up again after a kill. */
  readonly checkpointDirectory: string;
  /** @param place the number of this micro-batch in the whole training. */
  loadBatch(indices: Int32Array, place: number): Promise<MicroBatch>;
  evaluate(): Promise<PretrainScore>;
}

export interface PretrainingOutcome {
  readonly outcome: 'completed' | 'paused' | 'stopped' | 'cancelled';
  readonly steps: number;
  readonly trainLoss: number | null;
  readonly score: PretrainScore | null;
  readonly seconds: number;
}

/** Number of optimizer steps: `max_steps`, or `num_train_epochs` over the examples. */
export function pretrainSteps(config: PretrainConfig, exampleCount: number): number {
  if (config.max_steps > 0) return config.max_steps;
  const { per_device_train_batch_size: size, gradient_accumulation_steps: accumulation } = config;
  return Math.ceil(config.num_train_epochs * BatchOrder.stepsPerEpoch(exampleCount, size, accumulation));
}

/** Trains every parameter of a model, from the start or from where a checkpoint left it. */
export async function runPretraining(parts: PretrainingParts): Promise<PretrainingOutcome> {
  const { config, model, context, checkpointDirectory } = parts;
  const totalSteps = pretrainSteps(config, parts.exampleCount);
  const settings = JSON.stringify(config);
  const optimizer = optimizerFor(model.trainable(), config);
  const step = new TrainingStep(model, optimizer, config.max_grad_norm);
  const order = new BatchOrder(
    Int32Array.from({ length: parts.exampleCount }, (_, index) => index),
    config.per_device_train_batch_size,
    config.gradient_accumulation_steps,
    RandomStream.seeded(config.seed, 'data'),
  );
  const recorder = new MetricRecorder(context, 0);
  const progress = new ProgressMeter(context, 'Training', totalSteps, 'steps');
  const log = (text: string) => context.emit({ kind: 'log', level: 'info', text });
  try {
    const earlier = await readPretrainCheckpoint(checkpointDirectory, model.trainable(), settings);
    let done = earlier?.step ?? 0;
    if (earlier) {
      order.restore(earlier.order);
      optimizer.restore(earlier.optimizer);
      log(`Goes on at step ${done} of ${totalSteps}.`);
    }
    const before = earlier?.seconds ?? 0;
    const started = performance.now();
    const seconds = () => before + (performance.now() - started) / 1000;
    let loss: number | null = null;
    let savedAt = performance.now();
    const save = async () => {
      const state = { step: done, seconds: seconds(), config: settings, order: order.state() };
      await writePretrainCheckpoint(checkpointDirectory, model.trainable(), {
        ...state,
        optimizer: await optimizer.state(),
      });
      savedAt = performance.now();
    };
    const score = async () => {
      const made = await parts.evaluate();
      recorder.record(done, {
        eval_loss: made.loss,
        ...(made.accuracy === null ? {} : { eval_accuracy: made.accuracy }),
      });
      recorder.flush();
      log(`Step ${done} of ${totalSteps}: evaluation loss ${made.loss.toFixed(4)}${scoreWords(made)}.`);
      progress.startAt(done);
      return made;
    };

    progress.startAt(done);
    let signal: EngineSignal | null = null;
    while (done < totalSteps) {
      signal = await context.signal();
      if (signal) break;
      const batches: MicroBatch[] = [];
      for (const [at, indices] of order.next().entries())
        batches.push(await parts.loadBatch(indices, done * config.gradient_accumulation_steps + at));
      const length = { totalSteps, warmupSteps: warmupStepCount(config.warmup_steps, totalSteps) };
      const learningRate = config.learning_rate * learningRateSchedules[config.lr_scheduler_type].factor(done, length);
      const report = await step.run(batches, learningRate, new Set());
      loss = report.loss;
      if (done % config.logging_steps === 0 || done + 1 === totalSteps)
        recorder.record(done, { loss, learning_rate: learningRate, grad_norm: report.gradientNorm });
      recorder.flushWhenDue(performance.now());
      done += 1;
      progress.at(done);
      if (config.eval_steps > 0 && done % config.eval_steps === 0 && done < totalSteps) await score();
      if (performance.now() - savedAt > checkpointMilliseconds) await save();
    }
    recorder.flush();
    const facts = { steps: done, trainLoss: loss };
    if (signal === 'cancel') return { outcome: 'cancelled', ...facts, score: null, seconds: seconds() };
    if (signal === 'pause') {
      await save();
      return { outcome: 'paused', ...facts, score: null, seconds: seconds() };
    }
    const trained = seconds();
    return { outcome: signal ? 'stopped' : 'completed', ...facts, score: await score(), seconds: trained };
  } finally {
    recorder.flush();
    optimizer.dispose();
  }
}

/** AdamW whose decay is for matrices only: biases and the scales of norms are left out, as is usual from scratch. */
function optimizerFor(variables: ReadonlyMap<string, tf.Variable>, config: PretrainConfig): Optimizer {
  const options = { beta1: config.adam_beta1, beta2: config.adam_beta2, epsilon: config.adam_epsilon };
  const group = (decays: boolean) => ({
    names: new Set([...variables].filter(([, { rank }]) => rank > 1 === decays).map(([name]) => name)),
    optimizer: new AdamW(variables, { ...options, weightDecay: decays ? config.weight_decay : 0 }),
  });
  return new GroupedOptimizer([group(true), group(false)]);
}

function scoreWords({ loss, accuracy }: PretrainScore): string {
  return accuracy === null
    ? `, perplexity ${Math.exp(loss).toFixed(1)}`
    : `, accuracy ${(100 * accuracy).toFixed(1)} %`;
}
