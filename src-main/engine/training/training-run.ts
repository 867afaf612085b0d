import { join } from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { CheckpointRecord, RunConfig, RunFacts, RunResult } from '../../../src-shared/domain/run.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { type AdaptedModel, type AdapterGroup, frozenVariables } from '../adapters/adapted-model.ts';
import type { AdapterState } from '../adapters/state.ts';
import type { EngineSignal, TaskContext } from '../contract.ts';
import { CotoController, type CotoDraw } from '../coto/coto-controller.ts';
import { BatchOrder } from './batch-order.ts';
import { type Checkpoint, readCheckpoint, type TrainerState, writeCheckpoint } from './checkpoint.ts';
import { learningRateSchedules, warmupStepCount } from './learning-rate/index.ts';
import { MetricRecorder } from './metric-recorder.ts';
import type { MicroBatch } from './micro-batch.ts';
import { AdamW } from './optimizers/adamw.ts';
import type { Optimizer } from './optimizers/optimizer.ts';
import { ProgressMeter } from './progress-meter.ts';
import { divergedHint, gradientNorms, type StepReport, TrainingStep } from './training-step.ts';

/** A checkpoint that a crash or a kill can fall back on is never older than this, whatever `save_steps` says. */
const SAFETY_CHECKPOINT_MILLISECONDS = 20_000;
/** Weight norms cost a pass over every adapter: often enough for a curve. */
const WEIGHT_NORM_EVERY = 10;

export interface Score {
  /** Null where values are predicted. */
  readonly accuracy: number | null;
  readonly loss: number;
  /** By id of the metric. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** What a training run is made of. The model carries its fresh adapter; `evaluate` scores it with every adapter on. */
export interface TrainingRunParts {
  readonly config: RunConfig;
  readonly model: AdaptedModel;
  /** Indices of the training examples. */
  readonly examples: Int32Array;
  readonly totalSteps: number;
  /** What the best checkpoint is chosen by. */
  readonly bestBy: 'accuracy' | 'loss';
  loadBatch(indices: Int32Array): Promise<MicroBatch>;
  evaluate(step: number): Promise<Score>;
  readonly runDirectory: string;
  readonly baseModelName: string;
  readonly context: TaskContext;
  readonly facts: Omit<RunFacts, 'groups' | 'totalSteps' | 'trainExamples'>;
}

export interface TrainingOutcome {
  readonly outcome: 'completed' | 'paused' | 'stopped' | 'cancelled';
  readonly result: RunResult | null;
  readonly adapterDirectory: string | null;
  readonly adapterStep: number | null;
}

/** Number of optimizer steps: `max_steps`, or `num_train_epochs` over the examples. */
export function countSteps(config: RunConfig, exampleCount: number): number {
  if (config.max_steps > 0) return config.max_steps;
  const perEpoch = BatchOrder.stepsPerEpoch(
    exampleCount,
    config.per_device_train_batch_size,
    config.gradient_accumulation_steps,
  );
  return Math.max(1, Math.ceil(config.num_train_epochs * perEpoch));
}

/** The training loop of one run, from its first step or from a checkpoint. */
export class TrainingRun {
  private readonly parts: TrainingRunParts;
  private readonly optimizer: Optimizer;
  private readonly step: TrainingStep;
  private readonly order: BatchOrder;
  private readonly groups: readonly AdapterGroup[];
  private readonly recorder: MetricRecorder;
  private readonly progress: ProgressMeter;
  private cotoRandom: RandomStream;
  private dropoutRandom: RandomStream;
  private coto: CotoController | null = null;
  private globalStep = 0;
  private stepMilliseconds: number[] = [];
  private activeShareSum = 0;
  private lastLoss: number | null = null;
  private best: TrainerState['best'] = null;
  private lastScore: (Score & { step: number }) | null = null;
  private lastCheckpointAt = performance.now();

  constructor(parts: TrainingRunParts) {
    this.parts = parts;
    const { config, model } = parts;
    this.optimizer = new AdamW(model.trainable(), {
      beta1: config.adam_beta1,
      beta2: config.adam_beta2,
      epsilon: config.adam_epsilon,
      weightDecay: config.weight_decay,
    });
    this.step = new TrainingStep(model, this.optimizer, config.max_grad_norm, config.gradient_checkpointing);
    this.order = new BatchOrder(
      parts.examples,
      config.per_device_train_batch_size,
      config.gradient_accumulation_steps,
      RandomStream.seeded(config.seed, 'data'),
    );
    this.cotoRandom = RandomStream.seeded(config.seed, 'coto');
    this.dropoutRandom = RandomStream.seeded(config.seed, 'dropout');
    this.groups = model.groups(config.coto?.granularity ?? 'layer');
    this.recorder = new MetricRecorder(parts.context, this.groups.length);
    this.progress = new ProgressMeter(parts.context, 'Training', parts.totalSteps, 'steps');
  }

  /** Takes the run up where `directory` left it: weights, optimizer, random streams, order of the data. */
  async resumeFrom(directory: string): Promise<void> {
    const { model, totalSteps } = this.parts;
    const checkpoint = await readCheckpoint(directory, model.base.description);
    const { trainer } = checkpoint;
    model.loadState(checkpoint.adapter);
    this.optimizer.restore(checkpoint.optimizer);
    this.order.restore(trainer.order);
    this.cotoRandom = RandomStream.restored(trainer.random.coto);
    this.dropoutRandom = RandomStream.restored(trainer.random.dropout);
    this.globalStep = trainer.global_step;
    this.stepMilliseconds = [...trainer.step_milliseconds];
    this.activeShareSum = trainer.active_share_sum;
    this.lastLoss = trainer.last_loss;
    this.best = trainer.best;
    this.log(`Resumed at step ${this.globalStep} of ${totalSteps}.`);
  }

  async run(): Promise<TrainingOutcome> {
    const { config, model, totalSteps, context, facts } = this.parts;
    context.emit({
      kind: 'facts',
      facts: {
        ...facts,
        totalSteps,
        trainExamples: this.parts.examples.length,
        groups: this.groups.map((group) => group.name),
      },
    });
    if (config.coto) this.coto = new CotoController(model, config.coto, totalSteps, this.cotoRandom);
    this.progress.startAt(this.globalStep);
    try {
      let signal: EngineSignal | null = null;
      while (this.globalStep < totalSteps) {
        signal = await context.signal();
        if (signal) break;
        await this.takeStep();
      }
      return await this.finish(signal);
    } finally {
      this.recorder.flush();
      this.optimizer.dispose();
    }
  }

  private async finish(signal: EngineSignal | null): Promise<TrainingOutcome> {
    const nothing = { result: null, adapterDirectory: null, adapterStep: null };
    if (signal === 'cancel') return { outcome: 'cancelled', ...nothing };
    if (signal === 'pause') {
      await this.save('last');
      this.log(`Paused at step ${this.globalStep} of ${this.parts.totalSteps}.`);
      return { outcome: 'paused', ...nothing };
    }
    const score = this.lastScore?.step === this.globalStep ? this.lastScore : await this.evaluateNow();
    await this.save('last');
    const useBest =
      this.parts.config.load_best_model_at_end && this.best !== null && this.best.step !== this.globalStep;
    return {
      outcome: signal === 'stop' ? 'stopped' : 'completed',
      result: this.summarize(score),
      adapterDirectory: this.checkpointDirectory(useBest ? 'best' : 'last'),
      adapterStep: useBest ? (this.best?.step ?? null) : this.globalStep,
    };
  }

  private async takeStep(): Promise<void> {
    const { config, model, totalSteps, loadBatch } = this.parts;
    const batches: MicroBatch[] = [];
    for (const indices of this.order.next()) batches.push(await loadBatch(indices));

    const startedAt = performance.now();
    const draw = this.coto?.drawFor(this.globalStep) ?? null;
    model.setTraining(true, this.dropoutRandom);
    const learningRate = this.learningRate();
    const report = await this.runStep(batches, learningRate, draw);
    model.setTraining(false);
    const milliseconds = performance.now() - startedAt;

    this.lastLoss = report.loss;
    this.stepMilliseconds.push(milliseconds);
    this.activeShareSum += draw ? activeShare(draw) : 1;
    const examples = batches.reduce((count, batch) => count + (batch.examples ?? batch.labels.length), 0);
    await this.recordStep(report, learningRate, draw, milliseconds, examples);
    this.globalStep += 1;
    this.progress.at(this.globalStep);

    if (isDue(this.globalStep, config.eval_steps) && this.globalStep < totalSteps) await this.evaluateNow();
    if (isDue(this.globalStep, config.save_steps)) await this.save(`step-${String(this.globalStep).padStart(6, '0')}`);
    if (performance.now() - this.lastCheckpointAt > SAFETY_CHECKPOINT_MILLISECONDS) await this.save('last');
  }

  private async runStep(
    batches: readonly MicroBatch[],
    learningRate: number,
    draw: CotoDraw | null,
  ): Promise<StepReport> {
    try {
      return await this.step.run(batches, learningRate, frozenVariables(this.groups, draw?.mask ?? null));
    } catch (thrown) {
      const where = `step ${this.globalStep + 1} of ${this.parts.totalSteps}, learning rate ${learningRate.toPrecision(3)}`;
      throw divergedAt(thrown, where);
    }
  }

  private learningRate(): number {
    const { config, totalSteps } = this.parts;
    const length = { totalSteps, warmupSteps: warmupStepCount(config.warmup_steps, totalSteps) };
    return config.learning_rate * learningRateSchedules[config.lr_scheduler_type].factor(this.globalStep, length);
  }

  /** Scores the model with every adapter on and keeps the best checkpoint. */
  private async evaluateNow(): Promise<Score> {
    this.coto?.everythingOn();
    this.parts.model.setTraining(false);
    this.recorder.flush();
    const where = `evaluation after step ${this.globalStep} of ${this.parts.totalSteps}`;
    const score = await this.parts.evaluate(this.globalStep).catch((thrown: unknown) => {
      throw divergedAt(thrown, where);
    });
    this.lastScore = { ...score, step: this.globalStep };
    const accuracy = score.accuracy === null ? {} : { eval_accuracy: score.accuracy };
    this.recorder.record(this.globalStep, { eval_loss: score.loss, ...accuracy, ...furtherMetrics(score) });
    this.recorder.flush();
    const said = score.accuracy === null ? '' : ` accuracy ${(100 * score.accuracy).toFixed(2)} %,`;
    this.log(`Step ${this.globalStep}: evaluation${said} loss ${score.loss.toFixed(4)}.`);
    if (!this.best || isBetter(score, this.best, this.parts.bestBy)) {
      this.best = { step: this.globalStep, accuracy: score.accuracy, loss: score.loss };
      await this.save('best');
    }
    this.progress.startAt(this.globalStep);
    return score;
  }

  private async recordStep(
    report: StepReport,
    learningRate: number,
    draw: CotoDraw | null,
    milliseconds: number,
    examples: number,
  ): Promise<void> {
    const step = this.globalStep;
    if (draw) this.recorder.recordMask(step, draw.mask);
    if (step % this.parts.config.logging_steps === 0 || step + 1 === this.parts.totalSteps) {
      this.recorder.record(step, {
        loss: report.loss,
        learning_rate: learningRate,
        grad_norm: report.gradientNorm,
        step_milliseconds: milliseconds,
        examples_per_second: (1000 * examples) / milliseconds,
        ...(draw ? { p: draw.probability, active_share: activeShare(draw) } : {}),
        ...this.normsByGroup('grad_norm', report.gradientNorms),
      });
      if (step % WEIGHT_NORM_EVERY === 0)
        this.recorder.record(step, this.normsByGroup('weight_norm', await gradientNorms(this.parts.model.trainable())));
    }
    this.recorder.flushWhenDue(performance.now());
  }

  private normsByGroup(prefix: string, norms: ReadonlyMap<string, number>): Record<string, number> {
    const byGroup: Record<string, number> = {};
    for (const group of this.groups) {
      const own = group.variableNames.flatMap((name) => norms.get(name) ?? []);
      if (own.length > 0) byGroup[`${prefix}/${group.name}`] = Math.hypot(...own);
    }
    return byGroup;
  }

  private checkpointDirectory(name: string): string {
    return join(this.parts.runDirectory, 'checkpoints', name);
  }

  private async save(name: string): Promise<void> {
    const { model, baseModelName, context } = this.parts;
    const directory = this.checkpointDirectory(name);
    const checkpoint = await this.checkpoint();
    refuseDiverged(checkpoint.adapter, `step ${this.globalStep} of ${this.parts.totalSteps}`);
    await writeCheckpoint(directory, checkpoint, { description: model.base.description, baseModelName });
    const kind: CheckpointRecord['kind'] = name === 'last' || name === 'best' ? name : 'step';
    const accuracy = this.lastScore?.step === this.globalStep ? this.lastScore.accuracy : null;
    // Metrics of a step must not arrive after a checkpoint that counts it as done.
    this.recorder.flush();
    context.emit({
      kind: 'checkpoint',
      checkpoint: { kind, step: this.globalStep, folder: directory, accuracy, resumable: true },
    });
    if (kind === 'last') this.lastCheckpointAt = performance.now();
  }

  private async checkpoint(): Promise<Checkpoint> {
    const { config, model, totalSteps } = this.parts;
    const optimizer = await this.optimizer.state();
    const trainer: TrainerState = {
      format: 1,
      global_step: this.globalStep,
      total_steps: totalSteps,
      order: { ...this.order.state(), epochRandomState: [...this.order.state().epochRandomState] },
      random: { coto: [...this.cotoRandom.state()], dropout: [...this.dropoutRandom.state()] },
      optimizer_steps: Object.fromEntries(optimizer.steps),
      best: this.best,
      step_milliseconds: this.stepMilliseconds,
      active_share_sum: this.activeShareSum,
      last_loss: this.lastLoss,
    };
    return { adapter: { ...(await model.exportState()), coto: config.coto }, optimizer, trainer };
  }

  private summarize(score: Score): RunResult {
    const count = this.stepMilliseconds.length;
    const total = this.stepMilliseconds.reduce((sum, value) => sum + value, 0);
    const sorted = [...this.stepMilliseconds].sort((left, right) => left - right);
    return {
      steps: this.globalStep,
      accuracy: score.accuracy,
      evalLoss: score.loss,
      trainLoss: this.lastLoss,
      metrics: { ...score.metrics },
      meanStepMilliseconds: count === 0 ? 0 : total / count,
      medianStepMilliseconds: sorted[Math.floor(count / 2)] ?? 0,
      meanActiveShare: count === 0 ? 1 : this.activeShareSum / count,
      trainSeconds: total / 1000,
    };
  }

  private log(text: string): void {
    this.parts.context.emit({ kind: 'log', level: 'info', text });
  }
}

/** Every metric beside accuracy, as eval_<id>. */
function furtherMetrics({ metrics }: Score): Record<string, number> {
  const further = Object.entries(metrics).filter(([id]) => id !== 'accuracy');
  return Object.fromEntries(further.map(([id, value]) => [`eval_${id}`, value]));
}

function isBetter(
  score: Score,
  best: { readonly accuracy: number | null; readonly loss: number | null },
  by: 'accuracy' | 'loss',
): boolean {
  if (by === 'accuracy' && score.accuracy !== null && best.accuracy !== null) return score.accuracy > best.accuracy;
  return best.loss !== null && score.loss < best.loss;
}

/** A loss or an output that is no number, with where it was met and what a training can do about it. */
function divergedAt(thrown: unknown, where: string): unknown {
  if (!(thrown instanceof StudioError) || thrown.code !== 'not_finite') return thrown;
  return new StudioError(thrown.code, `${thrown.message.replace(/\.$/, '')} (${where}).`, divergedHint, thrown.details);
}

/** An update can overflow before any loss shows it; such weights must not become a checkpoint. */
function refuseDiverged({ modules, saved }: AdapterState, where: string): void {
  const tensors = [...[...modules.values()].flatMap((module) => [...module.tensors.values()]), ...saved.values()];
  if (!tensors.every(({ data }) => data.every(Number.isFinite)))
    throw divergedAt(new StudioError('not_finite', "The adapter's weights are not numbers."), where);
}

function activeShare(draw: CotoDraw): number {
  return draw.mask.reduce((sum, bit) => sum + bit, 0) / Math.max(1, draw.mask.length);
}

/** Whether a step that comes every `every` steps is due; 0 means never. */
function isDue(step: number, every: number): boolean {
  return every > 0 && step % every === 0;
}
