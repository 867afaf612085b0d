import type * as tf from '@tensorflow/tfjs-core';
import type { PretrainConfig } from '../../../src-shared/domain/runs/pretrain.ts';
import { runConfigSchema } from '../../../src-shared/domain/runs/run.ts';
import { accuracy as accuracyMetric } from '../../../src-shared/metrics/accuracy.ts';
import { scoreText, valueText } from '../../../src-shared/metrics/index.ts';
import { loss as lossMetric } from '../../../src-shared/metrics/loss.ts';
import { perplexity } from '../../../src-shared/metrics/perplexity.ts';
import { historyValues } from '../../../src-shared/metrics/recorded.ts';
import type { TrainingHooks } from '../adapters/variant/training-hooks.ts';
import type { TaskContext } from '../events.ts';
import type { MicroBatch } from '../losses/batch-loss.ts';
import type { ParameterGroup } from '../optimizers/optimizer.ts';
import { BatchOrder } from '../training/batch-order.ts';
import { CheckpointAge } from '../training/checkpoint-age.ts';
import { MetricRecorder } from '../training/metric-recorder.ts';
import { type Objective, type TakenStep, TrainingLoop } from '../training/training-loop.ts';
import { readPretrainCheckpoint, writePretrainCheckpoint } from './checkpoint.ts';
import type { FullModel } from './full-model.ts';

export interface PretrainScore {
  readonly loss: number;
  readonly accuracy: number | null;
}

export interface PretrainingParts {
  readonly config: PretrainConfig;
  readonly model: FullModel;
  /** Hashes of the files that it trains on. */
  readonly data: string;
  /** Training examples: windows of text, or images. */
  readonly exampleCount: number;
  readonly context: TaskContext;
  /** Checkpoint folder to resume from. */
  readonly checkpointDirectory: string;
  /** @param place index of the micro-batch in the whole training. */
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

/** Trains every parameter of a model, from the start or from a checkpoint. */
export async function runPretraining(parts: PretrainingParts): Promise<PretrainingOutcome> {
  return new PretrainingRun(parts).run();
}

/** The objective of training a whole model. */
class PretrainingRun implements Objective {
  readonly model: FullModel;
  readonly hooks: TrainingHooks;
  private readonly parts: PretrainingParts;
  private readonly totalSteps: number;
  private readonly recorder: MetricRecorder;
  private readonly loop: TrainingLoop;
  private secondsBefore = 0;
  private startedAt = performance.now();
  private readonly checkpointAge: CheckpointAge;
  private loss: number | null = null;

  constructor(parts: PretrainingParts) {
    const { config, model, context, exampleCount } = parts;
    this.parts = parts;
    this.model = model;
    this.checkpointAge = new CheckpointAge(config.save_minutes);
    this.hooks = { parameterGroups: () => [undecayed(model.trainable())] };
    this.totalSteps = pretrainSteps(config, exampleCount);
    this.recorder = new MetricRecorder(context);
    this.loop = new TrainingLoop(
      { ...runConfigSchema.parse({}), ...config, optim: 'adamw', gradient_checkpointing: false },
      this,
      {
        examples: Int32Array.from({ length: exampleCount }, (_, index) => index),
        totalSteps: this.totalSteps,
        context,
        recorder: this.recorder,
      },
    );
  }

  async run(): Promise<PretrainingOutcome> {
    try {
      await this.resume();
      this.startedAt = performance.now();
      this.checkpointAge.reset();
      const signal = await this.loop.run();
      this.recorder.flush();
      const facts = { steps: this.loop.done, trainLoss: this.loss };
      if (signal === 'cancel') return { outcome: 'cancelled', ...facts, score: null, seconds: this.seconds() };
      if (signal === 'pause') {
        await this.save();
        return { outcome: 'paused', ...facts, score: null, seconds: this.seconds() };
      }
      const seconds = this.seconds();
      return { outcome: signal ? 'stopped' : 'completed', ...facts, score: await this.score(), seconds };
    } finally {
      this.loop.dispose();
    }
  }

  loadBatch(indices: Int32Array, place: number): Promise<MicroBatch> {
    return this.parts.loadBatch(indices, place);
  }

  enterStep(): ReadonlySet<string> {
    return new Set();
  }

  leaveStep(): void {
    // A fully trained model has nothing to switch back.
  }

  explain(thrown: unknown): unknown {
    return thrown;
  }

  async record({ step, report, learningRate }: TakenStep): Promise<void> {
    this.loss = report.loss;
    if (step % this.parts.config.logging_steps === 0 || step + 1 === this.totalSteps)
      this.recorder.record(step, { loss: report.loss, learning_rate: learningRate, grad_norm: report.gradientNorm });
  }

  async afterStep(done: number): Promise<void> {
    const { eval_steps } = this.parts.config;
    if (eval_steps > 0 && done % eval_steps === 0 && done < this.totalSteps) await this.score();
    if (this.checkpointAge.isDue && done < this.totalSteps) await this.save();
  }

  private async resume(): Promise<void> {
    const { checkpointDirectory, data } = this.parts;
    const current = { config: this.settings(), data };
    const earlier = await readPretrainCheckpoint(checkpointDirectory, this.model.trainable(), current);
    if (!earlier) return;
    this.loop.order.restore(earlier.order);
    this.loop.optimizer.restore(earlier.optimizer);
    this.loop.done = earlier.step;
    this.secondsBefore = earlier.seconds;
    this.log(`Goes on at step ${earlier.step} of ${this.totalSteps}.`);
  }

  private async save(): Promise<void> {
    const { order, optimizer, done } = this.loop;
    await writePretrainCheckpoint(this.parts.checkpointDirectory, this.model.trainable(), {
      step: done,
      seconds: this.seconds(),
      config: this.settings(),
      data: this.parts.data,
      order: order.state(),
      optimizer: await optimizer.state(),
    });
    this.checkpointAge.reset();
  }

  private async score(): Promise<PretrainScore> {
    const { done, progress } = this.loop;
    const made = await this.parts.evaluate();
    this.recorder.record(done, historyValues({ ...made, metrics: {} }));
    this.recorder.flush();
    this.log(
      `Step ${done} of ${this.totalSteps}: evaluation loss ${valueText(lossMetric.id, made.loss)}${scoreWords(made)}.`,
    );
    progress.startAt(done);
    return made;
  }

  /** Settings that a checkpoint must agree with: all but `save_minutes`, which changes no result. */
  private settings(): string {
    const { save_minutes: _, ...settings } = this.parts.config;
    return JSON.stringify(settings);
  }

  private seconds(): number {
    return this.secondsBefore + (performance.now() - this.startedAt) / 1000;
  }

  private log(text: string): void {
    this.parts.context.emit({ kind: 'log', level: 'info', text });
  }
}

/** Biases and scales of norms, which are excluded from weight decay, as is usual in pretraining. */
function undecayed(variables: ReadonlyMap<string, tf.Variable>): ParameterGroup {
  const names = new Set([...variables].filter(([, { rank }]) => rank <= 1).map(([name]) => name));
  return { names, learningRateFactor: 1, weightDecay: 0 };
}

function scoreWords({ loss, accuracy }: PretrainScore): string {
  return accuracy === null
    ? `, perplexity ${scoreText(perplexity.id, Math.exp(loss))}`
    : `, accuracy ${scoreText(accuracyMetric.id, accuracy)}`;
}
