import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { StepDraw } from '../../../src-shared/coto/draws.ts';
import type { CheckpointRecord } from '../../../src-shared/domain/runs/checkpoint.ts';
import type { RunResult } from '../../../src-shared/domain/runs/run.ts';
import type { RunInfo } from '../../../src-shared/domain/runs/run-info.ts';
import { midSentence } from '../../../src-shared/format/mid-sentence.ts';
import { valueText } from '../../../src-shared/metrics/index.ts';
import { loss } from '../../../src-shared/metrics/loss.ts';
import { historyValues } from '../../../src-shared/metrics/recorded.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { earlyStop } from '../../../src-shared/results/early-stop.ts';
import { headlineOf } from '../../../src-shared/results/headline.ts';
import { paddingText } from '../../../src-shared/results/padding.ts';
import type { AdaptedModel } from '../adapters/model/adapted-model.ts';
import type { AdapterGroup } from '../adapters/passes/adapter-groups.ts';
import { joinFactors, trainingForm } from '../adapters/residual/residual-factors.ts';
import type { TrainingHooks } from '../adapters/variant/training-hooks.ts';
import { CotoController } from '../coto/coto-controller.ts';
import { checkSchedule } from '../coto/schedule-rows.ts';
import type { EngineSignal } from '../events.ts';
import type { MicroBatch } from '../losses/batch-loss.ts';
import { BestEvaluation, type Criterion, type Score } from './best-evaluation.ts';
import { type Checkpoint, readCheckpoint } from './checkpoint.ts';
import { findBestFolder } from './checkpoint-folders.ts';
import { CheckpointSaver, type SavedParts } from './checkpoint-saver.ts';
import { Oplora } from './constraints/oplora.ts';
import { divergedAt } from './diverged.ts';
import { frozenHeadNames } from './frozen-head.ts';
import { MetricRecorder } from './metric-recorder.ts';
import { outOfMemoryAt } from './out-of-memory.ts';
import { paddingShares } from './padding-share.ts';
import { perturbationOf } from './perturbations/index.ts';
import type { GradientSource } from './step-gradients.ts';
import { StepTotals } from './step-totals.ts';
import type { TrainerState } from './trainer-state.ts';
import { type FailedStep, type Objective, type TakenStep, TrainingLoop } from './training-loop.ts';
import { trainingPlan } from './training-plan.ts';
import { gradientNorms } from './training-step.ts';

/** Interval of weight norms and of the memory in steps: the norms cost a pass over every adapter. */
const WEIGHT_NORM_EVERY = 10;

/** Inputs of a training run. The model has its fresh adapter; `evaluate` scores it with every adapter on. */
export interface TrainingRunParts extends SavedParts {
  /** Indices of the training examples. */
  readonly examples: Int32Array;
  /** Tokens of an example; absent for images. */
  readonly lengthOf?: ((example: number) => number) | undefined;
  /** Criterion of the best checkpoint and of early stopping. */
  readonly criterion: Criterion;
  /** @param place index of the micro-batch in the whole training. */
  loadBatch(indices: Int32Array, place: number): Promise<MicroBatch>;
  evaluate(step: number): Promise<Score>;
  /** True if the base alone is a classifier of these labels: it is scored before the first step. */
  readonly isZeroShot?: boolean | undefined;
  /** Supplies the gradients of the steps; defaults to the run's own passes. */
  readonly gradients?: GradientSource | undefined;
  /** Returns the last readings of the computing device; empty for a processor. */
  deviceMetrics?(): Readonly<Record<string, number>>;
  readonly facts: Omit<
    RunInfo,
    'groups' | 'maskRows' | 'totalSteps' | 'trainExamples' | 'paddingShare' | 'inputChanges'
  >;
}

export interface TrainingOutcome {
  readonly outcome: 'completed' | 'paused' | 'stopped' | 'cancelled';
  readonly result: RunResult | null;
  readonly adapterDirectory: string | null;
  readonly adapterStep: number | null;
}

/** The training of a run's adapter, from its first step or from a checkpoint: the objective of a loop. */
export class TrainingRun implements Objective {
  readonly model: AdaptedModel;
  readonly hooks: TrainingHooks;
  private readonly parts: TrainingRunParts;
  private readonly loop: TrainingLoop;
  private readonly groups: readonly AdapterGroup[];
  private readonly recorder: MetricRecorder;
  private cotoRandom: RandomStream;
  private dropoutRandom: RandomStream;
  private coto: CotoController | null = null;
  private draw: StepDraw | null = null;
  private totals = new StepTotals();
  private readonly best: BestEvaluation;
  private lastScore: (Score & { step: number }) | null = null;
  /** The evaluation before the first step. */
  private firstScore: TrainerState['start'];
  private readonly saver: CheckpointSaver;
  private readonly oplora: Oplora | null;

  constructor(parts: TrainingRunParts) {
    this.parts = parts;
    const { config, model, examples, lengthOf, totalSteps, context, gradients } = parts;
    this.model = model;
    const hooks = model.trainingHooks(trainingPlan(config, totalSteps));
    model.dropout.noiseAlpha = config.neftune_noise_alpha;
    this.hooks = {
      ...hooks,
      completeGradients: (gradients) => {
        hooks.completeGradients?.(gradients);
        this.coto?.completeGradients(gradients);
        this.oplora?.completeGradients(gradients);
      },
      afterStep: async (update) => {
        await hooks.afterStep?.(update);
        this.oplora?.afterStep(update.gradients);
      },
      dispose: () => {
        hooks.dispose?.();
        this.oplora?.dispose();
      },
    };
    this.oplora = config.oplora_rank > 0 ? new Oplora(model.base, config, () => model.adaptedModules()) : null;
    this.cotoRandom = RandomStream.seeded(config.seed, 'coto');
    this.dropoutRandom = RandomStream.seeded(config.seed, 'dropout');
    this.groups = model.groups(config.coto?.granularity ?? 'layer');
    checkSchedule(config.coto, model.described.variant, config.adapter.parameters, {
      groups: this.groups.map(({ name }) => name),
      ranks: model.adaptedModules().map(({ rank }) => rank),
    });
    this.best = new BestEvaluation(parts.criterion, config);
    this.recorder = new MetricRecorder(context, { keepsSent: true });
    this.saver = new CheckpointSaver(parts, this.recorder);
    const { recorder } = this;
    const perturbation = perturbationOf(config);
    const fixed = { examples, lengthOf, totalSteps, context, recorder, gradients, perturbation };
    this.loop = new TrainingLoop(config, this, fixed);
  }

  private get globalStep(): number {
    return this.loop.done;
  }

  /** Resumes from the checkpoint in `directory`: weights, optimizer, random streams, order of the data. */
  async resumeFrom(directory: string): Promise<void> {
    const { model, totalSteps } = this.parts;
    const checkpoint = await readCheckpoint(directory, model.base.description);
    const { trainer } = checkpoint;
    if (trainer.global_step > totalSteps)
      throw new StudioError(
        'invalid_file',
        `The checkpoint is of step ${trainer.global_step}, but the run has ${totalSteps} steps.`,
        'Resume from an earlier checkpoint, or start the run again.',
      );
    // A folder does not say how its adapter is trained: LoRA+ is written as the LoRA that it is.
    const adapter = { ...checkpoint.adapter, ...model.described };
    const { trained, subtracted } = trainingForm(adapter);
    const restored = this.hooks.restore?.(trained, checkpoint.optimizer.tensors) ?? trained;
    await model.loadOnResidual(restored, subtracted);
    this.loop.optimizer.restore(checkpoint.optimizer);
    this.loop.order.restore(trainer.order);
    this.loop.done = trainer.global_step;
    this.cotoRandom = RandomStream.restored(trainer.random.coto);
    this.dropoutRandom = RandomStream.restored(trainer.random.dropout);
    this.totals = StepTotals.restored(trainer);
    this.firstScore = trainer.start;
    this.best.restore(trainer.best, trainer.evaluations_without_improvement);
    this.log(`Resumed at step ${this.globalStep} of ${totalSteps}.`);
  }

  async run(): Promise<TrainingOutcome> {
    const { config, model, totalSteps, context, facts, inputChanges = [], isZeroShot = false } = this.parts;
    if (config.coto)
      this.coto = new CotoController(model, config.coto, totalSteps, { seed: config.seed, random: this.cotoRandom });
    const rows = this.coto?.rows ?? [];
    const groups = this.groups.map((group) => group.name);
    const paddingShare = paddingShares(config, this.parts.examples, this.parts.lengthOf);
    if (paddingShare !== null) this.log(`Batches of texts of like length: ${paddingText(paddingShare)}.`);
    context.emit({
      kind: 'facts',
      facts: {
        ...facts,
        totalSteps,
        trainExamples: this.parts.examples.length,
        groups,
        paddingShare,
        maskRows: rows.join() === groups.join() ? [] : [...rows],
        ...(inputChanges.length === 0 ? {} : { inputChanges: [...inputChanges] }),
      },
    });
    try {
      await this.oplora?.start(this.globalStep === 0, () => this.refuseCancelled());
      if ((config.eval_on_start || isZeroShot) && this.globalStep === 0) {
        const { accuracy, loss, metrics } = await this.measure();
        this.firstScore = { accuracy, loss, metrics: { ...metrics } };
      }
      return await this.finish(await this.loop.run());
    } finally {
      this.loop.dispose();
    }
  }

  private async refuseCancelled(): Promise<void> {
    if ((await this.parts.context.signal()) === 'cancel')
      throw new StudioError('cancelled', 'Preparing the training was cancelled.');
  }

  loadBatch(indices: Int32Array, place: number): Promise<MicroBatch> {
    return this.parts.loadBatch(indices, place);
  }

  enterStep(step: number): ReadonlySet<string> {
    this.draw = this.coto?.drawFor(step) ?? null;
    this.model.setTraining(true, this.dropoutRandom);
    const off = (this.draw && this.coto?.frozen(this.draw)) ?? [];
    return new Set([...off, ...frozenHeadNames(this.parts.config, this.model)]);
  }

  leaveStep(): void {
    this.model.setTraining(false);
  }

  explain(thrown: unknown, { step, learningRate, batches }: FailedStep): unknown {
    this.coto?.everythingOn();
    const place = `step ${step + 1} of ${this.parts.totalSteps}`;
    const explained = divergedAt(thrown, `${place}, learning rate ${learningRate.toPrecision(3)}`);
    return outOfMemoryAt(explained, place, batches);
  }

  async record({ step, report, learningRate, milliseconds, examples }: TakenStep): Promise<void> {
    const { draw } = this;
    this.totals.add({ loss: report.loss, milliseconds, activeShare: draw ? activeShare(draw) : 1 });
    if (draw && draw.mask.length > 0) this.recorder.recordMask(step, draw.mask);
    if (step % this.parts.config.logging_steps !== 0 && step + 1 !== this.parts.totalSteps) return;
    this.recorder.record(step, {
      loss: report.loss,
      learning_rate: learningRate,
      grad_norm: report.gradientNorm,
      step_milliseconds: milliseconds,
      examples_per_second: (1000 * examples) / milliseconds,
      ...report.measures,
      ...(draw ? { p: draw.probability, active_share: activeShare(draw) } : {}),
      ...this.normsByGroup('grad_norm', report.gradientNorms),
    });
    if (step % WEIGHT_NORM_EVERY === 0)
      this.recorder.record(step, {
        memory_bytes: process.memoryUsage.rss(),
        ...this.parts.deviceMetrics?.(),
        ...this.normsByGroup('weight_norm', await gradientNorms(this.parts.model.trainable())),
      });
  }

  async afterStep(done: number): Promise<void> {
    const { config, totalSteps } = this.parts;
    if (isDue(done, config.eval_steps) && done < totalSteps) await this.evaluateNow();
    if (isDue(done, config.save_steps)) await this.save('step');
    if (this.saver.isDue && done < totalSteps) await this.save('last');
  }

  isOver(): boolean {
    return this.best.isOver;
  }

  private async finish(signal: EngineSignal | null): Promise<TrainingOutcome> {
    const nothing = { result: null, adapterDirectory: null, adapterStep: null };
    if (signal === 'cancel') return { outcome: 'cancelled', ...nothing };
    if (signal === 'pause') {
      await this.save('last');
      this.log(`Paused at step ${this.globalStep} of ${this.parts.totalSteps}.`);
      return { outcome: 'paused', ...nothing };
    }
    const { config, totalSteps } = this.parts;
    const score = this.lastScore?.step === this.globalStep ? this.lastScore : await this.evaluateNow();
    const last = await this.save('last');
    const bestStep = (config.load_best_model_at_end ? this.best.state.best?.step : undefined) ?? this.globalStep;
    const best = bestStep === this.globalStep ? null : await this.findBest(bestStep);
    const result = this.summarize(score, signal === null && this.globalStep < totalSteps);
    const note = earlyStop({ config, facts: { totalSteps }, result });
    if (note !== null) this.log(note);
    return {
      outcome: signal === 'stop' ? 'stopped' : 'completed',
      result,
      adapterDirectory: best ?? last,
      adapterStep: best === null ? this.globalStep : bestStep,
    };
  }

  /** Evaluates, and keeps the best checkpoint. */
  private async evaluateNow(): Promise<Score> {
    const score = await this.measure();
    this.lastScore = { ...score, step: this.globalStep };
    if (this.best.add(score, this.globalStep)) await this.save('best');
    this.loop.progress.startAt(this.globalStep);
    return score;
  }

  /** Scores the model with every adapter on, and records it. */
  private async measure(): Promise<Score> {
    this.coto?.everythingOn();
    this.parts.model.setTraining(false);
    this.recorder.flush();
    const where = `evaluation after step ${this.globalStep} of ${this.parts.totalSteps}`;
    const score = await this.parts.evaluate(this.globalStep).catch((thrown: unknown) => {
      throw divergedAt(thrown, where);
    });
    this.recorder.record(this.globalStep, historyValues(score));
    this.recorder.flush();
    const headline = headlineOf(score);
    const said = headline === null ? '' : ` ${midSentence(headline.label)} ${headline.text},`;
    this.log(`Step ${this.globalStep}: evaluation${said} loss ${valueText(loss.id, score.loss)}.`);
    return score;
  }

  private normsByGroup(prefix: string, norms: ReadonlyMap<string, number>): Record<string, number> {
    const byGroup: Record<string, number> = {};
    for (const group of this.groups) {
      const own = group.variableNames.flatMap((name) => norms.get(name) ?? []);
      if (own.length > 0) byGroup[`${prefix}/${group.name}`] = Math.hypot(...own);
    }
    return byGroup;
  }

  private async findBest(step: number): Promise<string | null> {
    const folder = await findBestFolder(this.parts.runDirectory, step);
    if (folder === null)
      this.log(`The best checkpoint, of step ${step}, is gone: the adapter is that of step ${this.globalStep}.`);
    return folder;
  }

  private async save(kind: CheckpointRecord['kind']): Promise<string> {
    const accuracy = this.lastScore?.step === this.globalStep ? this.lastScore.accuracy : null;
    return this.saver.save(kind, await this.checkpoint(), accuracy);
  }

  private async checkpoint(): Promise<Checkpoint> {
    const { config, model, totalSteps } = this.parts;
    const { steps, tensors } = await this.loop.optimizer.state();
    const methodTensors = (await this.hooks.state?.()) ?? new Map<string, never>();
    const order = this.loop.order.state();
    const trainer: TrainerState = {
      format: 1,
      global_step: this.globalStep,
      total_steps: totalSteps,
      order: { ...order, epochRandomState: [...order.epochRandomState] },
      random: { coto: [...this.cotoRandom.state()], dropout: [...this.dropoutRandom.state()] },
      optimizer_steps: Object.fromEntries(steps),
      best: this.best.state.best,
      evaluations_without_improvement: this.best.state.withoutImprovement,
      ...this.totals.state(),
      ...(this.firstScore === undefined ? {} : { start: this.firstScore }),
    };
    const state = await model.exportState();
    const exported = this.hooks.exported?.(state) ?? state;
    const { subtracted } = model;
    const adapter = subtracted === null ? exported : joinFactors(exported, subtracted);
    return {
      adapter: { ...adapter, coto: config.coto },
      optimizer: { steps, tensors: new Map([...tensors, ...methodTensors]) },
      trainer,
    };
  }

  private summarize(score: Score, stoppedEarly: boolean): RunResult {
    const { best } = this.best.state;
    return {
      steps: this.globalStep,
      accuracy: score.accuracy,
      evalLoss: score.loss,
      metrics: { ...score.metrics },
      best: best && { step: best.step, metric: this.best.criterion.metric, value: best.value },
      ...(this.firstScore === undefined
        ? {}
        : { start: { ...this.firstScore, zeroShot: this.parts.isZeroShot === true } }),
      stoppedEarly,
      forgetting: null,
      ...this.totals.result(),
    };
  }

  private log(text: string): void {
    this.parts.context.emit({ kind: 'log', level: 'info', text });
  }
}

/** Share of the units that were on; of a schedule without units, of the entries that were kept in expectation. */
function activeShare({ mask, probability }: StepDraw): number {
  return mask.length === 0 ? probability : mask.reduce((sum, bit) => sum + bit, 0) / mask.length;
}

/** Returns true if an action every `every` steps is due; 0 means never. */
function isDue(step: number, every: number): boolean {
  return every > 0 && step % every === 0;
}
