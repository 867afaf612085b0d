import type * as tf from '@tensorflow/tfjs-core';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import type { TrainableModel } from '../adapters/model/trainable-model.ts';
import type { TrainingHooks } from '../adapters/variant/training-hooks.ts';
import type { EngineSignal, TaskContext } from '../events.ts';
import { learningRateSchedules, warmupStepCount } from '../learning-rate/index.ts';
import type { MicroBatch } from '../losses/batch-loss.ts';
import { createOptimizer } from '../optimizers/index.ts';
import type { Optimizer, ParameterGroup } from '../optimizers/optimizer.ts';
import { type BatchOrder, batchOrderOf } from './batch-order.ts';
import type { MetricRecorder } from './metric-recorder.ts';
import type { Perturbation } from './perturbations/perturbation.ts';
import { ProgressMeter } from './progress-meter.ts';
import { stateKeeping } from './state-keeping.ts';
import type { GradientSource } from './step-gradients.ts';
import { type StepReport, TrainingStep } from './training-step.ts';

/** Settings of every training, of an adapter or a whole model. */
export type LoopSettings = Pick<
  RunConfig,
  | 'optim'
  | 'learning_rate'
  | 'lr_scheduler_type'
  | 'warmup_steps'
  | 'per_device_train_batch_size'
  | 'gradient_accumulation_steps'
  | 'group_by_length'
  | 'gradient_checkpointing'
  | 'activation_dtype'
  | 'weight_decay'
  | 'adam_beta1'
  | 'adam_beta2'
  | 'adam_epsilon'
  | 'riemannian_reg'
  | 'sgd_momentum'
  | 'max_grad_norm'
  | 'seed'
  | 'order_seed'
>;

/** A step that was taken. `step` counts from 0. */
export interface TakenStep {
  readonly step: number;
  readonly report: StepReport;
  readonly learningRate: number;
  /** Wall-clock time of the step, without reading its data; in a shared pass, this run's part of it. */
  readonly milliseconds: number;
  readonly examples: number;
}

/** A step that was not taken. */
export interface FailedStep extends Pick<TakenStep, 'step' | 'learningRate'> {
  readonly batches: readonly MicroBatch[];
}

/** The objective of a training: an adapter on its base, or a whole model. */
export interface Objective {
  readonly model: TrainableModel;
  readonly hooks: TrainingHooks;
  /** @param place index of the micro-batch in the whole training. */
  loadBatch(indices: Int32Array, place: number): Promise<MicroBatch>;
  /** Prepares a step; returns the names of the variables that are frozen in it. */
  enterStep(step: number): ReadonlySet<string>;
  leaveStep(): void;
  /** Adds the step, and what else explains it, to an error. */
  explain(thrown: unknown, failed: FailedStep): unknown;
  /** Records a step; it does not yet count as done. */
  record(taken: TakenStep): Promise<void>;
  /** After a step: evaluations and checkpoints that are due after `done` steps. */
  afterStep(done: number): Promise<void>;
  /** Returns true if the training ends before its last step. */
  isOver?(): boolean;
}

/** The loop over optimizer steps, from the first or from a checkpoint, to the last or to a signal. */
export class TrainingLoop {
  readonly optimizer: Optimizer;
  readonly order: BatchOrder;
  readonly progress: ProgressMeter;
  /** Number of finished steps. */
  done = 0;
  private readonly settings: LoopSettings;
  private readonly objective: Objective;
  private readonly totalSteps: number;
  private readonly context: TaskContext;
  private readonly recorder: MetricRecorder;
  private readonly step: TrainingStep;
  private readonly gradients: GradientSource | undefined;

  constructor(
    settings: LoopSettings,
    objective: Objective,
    parts: {
      readonly examples: Int32Array;
      /** Tokens of an example, for `group_by_length`. */
      readonly lengthOf?: ((example: number) => number) | undefined;
      readonly totalSteps: number;
      readonly context: TaskContext;
      readonly recorder: MetricRecorder;
      /** Supplies the gradients of the steps; defaults to the run's own passes. */
      readonly gradients?: GradientSource | undefined;
      readonly perturbation?: Perturbation | null;
    },
  ) {
    this.settings = settings;
    this.objective = objective;
    this.totalSteps = parts.totalSteps;
    this.context = parts.context;
    this.recorder = parts.recorder;
    const { model, hooks } = objective;
    this.optimizer = optimizerOf(settings, model.trainable(), hooks);
    this.gradients = parts.gradients;
    const keeping = stateKeeping(settings);
    const { perturbation = null } = parts;
    this.step = new TrainingStep(
      model,
      this.optimizer,
      settings.max_grad_norm,
      keeping,
      hooks,
      this.gradients,
      perturbation,
    );
    this.order = batchOrderOf(settings, parts.examples, parts.lengthOf);
    this.progress = new ProgressMeter(parts.context, 'Training', parts.totalSteps, 'steps');
  }

  /** Returns the signal that ended it before the last step; null if all steps are done, or the objective is over. */
  async run(): Promise<EngineSignal | null> {
    this.progress.startAt(this.done);
    try {
      while (this.done < this.totalSteps && !this.objective.isOver?.()) {
        const signal = await this.context.signal();
        if (signal) return signal;
        await this.takeStep();
      }
      return null;
    } finally {
      this.progress.end(this.done);
      this.step.end();
    }
  }

  dispose(): void {
    this.recorder.flush();
    this.objective.hooks.dispose?.();
    this.optimizer.dispose();
  }

  private async takeStep(): Promise<void> {
    const { objective, done: step } = this;
    const batches: MicroBatch[] = [];
    const firstPlace = step * this.settings.gradient_accumulation_steps;
    for (const [at, indices] of this.order.next().entries())
      batches.push(await objective.loadBatch(indices, firstPlace + at));

    const startedAt = performance.now();
    const resting = objective.enterStep(step);
    const learningRate = this.learningRate();
    const report = await this.step.run(batches, learningRate, resting, step).catch((thrown: unknown) => {
      throw objective.explain(thrown, { step, learningRate, batches });
    });
    objective.leaveStep();
    const milliseconds = (performance.now() - startedAt - report.waited) / report.runs;

    const examples = batches.reduce((count, batch) => count + batch.examples, 0);
    await objective.record({ step, report, learningRate, milliseconds, examples });
    this.recorder.flushWhenDue(performance.now());
    this.done += 1;
    this.progress.at(this.done);
    await objective.afterStep(this.done);
  }

  private learningRate(): number {
    const { learning_rate, lr_scheduler_type, warmup_steps } = this.settings;
    const length = { totalSteps: this.totalSteps, warmupSteps: warmupStepCount(warmup_steps, this.totalSteps) };
    return learning_rate * learningRateSchedules[lr_scheduler_type].factor(this.done, length);
  }
}

type OptimizerFields = Pick<
  LoopSettings,
  'optim' | 'adam_beta1' | 'adam_beta2' | 'adam_epsilon' | 'weight_decay' | 'riemannian_reg' | 'sgd_momentum'
>;

/** The optimizer named by `optim`, with the groups of the objective and one of all other variables. */
export function optimizerOf(
  settings: OptimizerFields,
  variables: ReadonlyMap<string, tf.Variable>,
  hooks: TrainingHooks,
): Optimizer {
  const { optim, adam_beta1: beta1, adam_beta2: beta2, adam_epsilon: epsilon, weight_decay: weightDecay } = settings;
  const groups = hooks.parameterGroups?.(variables) ?? [];
  const grouped = new Set(groups.flatMap(({ names }) => [...names]));
  const rest = new Set([...variables.keys()].filter((name) => !grouped.has(name)));
  const all: ParameterGroup[] = [...groups, { names: rest, learningRateFactor: 1, weightDecay }];
  const { riemannian_reg: reg, sgd_momentum: momentum } = settings;
  return createOptimizer(optim, variables, { beta1, beta2, epsilon, reg, momentum }, all, hooks.factorPairs?.());
}
