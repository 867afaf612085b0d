import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { adapterConfigSchema } from '../../../src-shared/domain/adapters/adapter.ts';
import type { LinearModule } from '../../../src-shared/domain/models/model.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import type { HeadTask } from '../adapters/fresh/fresh-adapter.ts';
import type {
  Calibration,
  CalibrationData,
  CalibrationNeed,
  InputMoments,
} from '../adapters/initializations/initialization.ts';
import { AdaptedModel } from '../adapters/model/adapted-model.ts';
import { isBelowLayers } from '../adapters/targets/target-modules.ts';
import { lora } from '../adapters/variants/lora.ts';
import type { TaskContext } from '../events.ts';
import { type BatchInputs, deviceInputs, rowMask } from '../losses/batch-inputs.ts';
import type { MicroBatch } from '../losses/batch-loss.ts';
import type { BaseModel, ModelInputs } from '../models/base-model.ts';
import type { LinearOptions } from '../ops/linear/linear-options.ts';
import { toHost } from '../ops/to-host.ts';
import type { Optimizer, OptimizerState } from '../optimizers/optimizer.ts';
import type { HostTensor } from '../tensors/host-tensor.ts';
import { BatchOrder } from './batch-order.ts';
import { ProgressMeter } from './progress-meter.ts';
import { TrainingStep } from './training-step.ts';

/** Memory budget of the modules measured in one pass; a larger one would save passes over the examples. */
const groupBytes = 2 ** 30;

/** Source of calibration examples. */
export interface CalibrationExamples {
  /** Indices of the training examples. */
  readonly examples: Int32Array;
  readonly batchSize: number;
  readonly seed: number;
  /** PEFT's name of the task of the new head, where it is none on whole inputs. */
  readonly headTask?: HeadTask | undefined;
  loadBatch(indices: Int32Array): Promise<MicroBatch>;
}

/** Runs training examples through the base, in one pass per group of modules that fits in memory. */
export class RunCalibration implements Calibration {
  private readonly base: BaseModel;
  private readonly source: CalibrationExamples;
  private readonly context: TaskContext;
  private readonly budget: number;

  /** @param budget bytes that the modules of a group may take. */
  constructor(base: BaseModel, source: CalibrationExamples, context: TaskContext, budget = groupBytes) {
    this.base = base;
    this.source = source;
    this.context = context;
    this.budget = budget;
  }

  async *measure(
    need: CalibrationNeed,
    modules: readonly LinearModule[],
    examples: number,
    saved: ReadonlyMap<string, HostTensor>,
  ): AsyncIterable<{ module: LinearModule; data: CalibrationData }> {
    const batches = this.batches(examples);
    const groups = groupsWithin(this.budget, modules, need);
    const progress = new ProgressMeter(this.context, 'Calibrating', groups.length * batches.length, 'batches');
    progress.startAt(0);
    let done = 0;
    const onBatch = async () => {
      if ((await this.context.signal()) === 'cancel')
        throw new StudioError('cancelled', 'The calibration was cancelled.');
      progress.at(++done);
    };
    for (const group of groups) {
      const data =
        need.of === 'inputs'
          ? await this.moments(group, batches, need.dividedByMaximum, onBatch)
          : await this.gradients(group, batches, saved, onBatch);
      for (const module of group) {
        yield { module, data: data.get(module.name) ?? {} };
        data.delete(module.name);
      }
    }
  }

  /** Shuffled indices of the examples. */
  private batches(examples: number): Int32Array[] {
    const { examples: all, batchSize, seed } = this.source;
    const wanted = Math.min(examples, all.length);
    const order = new BatchOrder(all, Math.min(batchSize, wanted), 1, RandomStream.seeded(seed, 'calibration'));
    const batches: Int32Array[] = [];
    for (let taken = 0; taken < wanted; ) {
      const batch = (order.next()[0] ?? new Int32Array()).slice(0, wanted - taken);
      batches.push(batch);
      taken += batch.length;
    }
    return batches;
  }

  private async moments(
    group: readonly LinearModule[],
    batches: readonly Int32Array[],
    dividedByMaximum: boolean,
    onBatch: () => Promise<void>,
  ): Promise<Map<string, CalibrationData>> {
    const model = new MeasuringModel(this.base, group, dividedByMaximum);
    try {
      for (const indices of batches) {
        model.pass(await this.source.loadBatch(indices));
        await onBatch();
      }
      return await model.data();
    } finally {
      model.dispose();
    }
  }

  private async gradients(
    group: readonly LinearModule[],
    batches: readonly Int32Array[],
    saved: ReadonlyMap<string, HostTensor>,
    onBatch: () => Promise<void>,
  ): Promise<Map<string, CalibrationData>> {
    const model = new AdaptedModel(this.base);
    const sums = new GradientSums(group);
    try {
      model.loadState(await trainedWhole(this.base, group, saved, this.source.headTask));
      const step = new TrainingStep(model, sums, 0);
      for (const indices of batches) {
        const batch = await this.source.loadBatch(indices);
        sums.labels = batch.loss.counted();
        await step.run([batch], 0, new Set());
        await onBatch();
      }
      return await sums.data();
    } finally {
      sums.dispose();
      model.dispose();
    }
  }
}

/** Replaces the optimizer: accumulates the gradients of the mean loss over all labels, without updates. */
class GradientSums implements Optimizer {
  /** Share of the next batch. */
  labels = 0;
  private all = 0;
  private readonly sums = new Map<string, tf.Tensor>();
  private readonly modules: readonly LinearModule[];

  constructor(modules: readonly LinearModule[]) {
    this.modules = modules;
  }

  step(gradients: ReadonlyMap<string, tf.Tensor>): void {
    this.all += this.labels;
    for (const { name } of this.modules) {
      const gradient = gradients.get(`${name}.weight`);
      if (gradient === undefined) continue;
      const before = this.sums.get(name);
      const sum = tf.tidy(() => {
        const own = tf.mul(gradient, this.labels);
        return before === undefined ? own : tf.add(before, own);
      });
      before?.dispose();
      this.sums.set(name, sum);
    }
  }

  async data(): Promise<Map<string, CalibrationData>> {
    const data = new Map<string, CalibrationData>();
    for (const [name, sum] of this.sums) {
      const { shape, data: values } = await toHost(sum);
      const gradient = { shape, data: Float32Array.from(values, (value) => value / this.all) };
      data.set(name, { gradient });
    }
    return data;
  }

  async state(): Promise<OptimizerState> {
    return { steps: new Map(), tensors: new Map() };
  }

  restore(): void {}

  dispose(): void {
    for (const sum of this.sums.values()) sum.dispose();
    this.sums.clear();
  }
}

/** The base with these modules trained in full, beside modules_to_save, for the gradients of their weights. */
async function trainedWhole(
  base: BaseModel,
  group: readonly LinearModule[],
  saved: ReadonlyMap<string, HostTensor>,
  headTask: HeadTask | undefined,
) {
  const whole = new Map(saved);
  for (const module of group) {
    const { weight, bias } = base.frozen(module);
    whole.set(`${module.name}.weight`, await toHost(weight));
    if (bias) whole.set(`${module.name}.bias`, await toHost(bias));
  }
  return {
    variant: lora,
    parameters: {},
    config: adapterConfigSchema.parse({ task_type: headTask ?? null }),
    coto: null,
    modules: new Map(),
    shared: new Map(),
    saved: whole,
    biases: new Map(),
    labels: null,
  };
}

/** Groups of modules in order, as many at a time as fit. */
function groupsWithin(budget: number, modules: readonly LinearModule[], need: CalibrationNeed): LinearModule[][] {
  const groups: LinearModule[][] = [];
  let free = 0;
  for (const module of modules) {
    const { inFeatures, outFeatures } = module;
    // A running sum and that of a batch on the device, and its copy on the host; for gradients also the weight.
    const bytes = 4 * (need.of === 'inputs' ? 3 * inFeatures ** 2 : 4 * inFeatures * outFeatures);
    if (groups.length === 0 || bytes > free) {
      groups.push([]);
      free = budget;
    }
    groups.at(-1)?.push(module);
    free -= bytes;
  }
  return groups;
}

interface RunningMoments {
  rows: number;
  batches: number;
  readonly sum: tf.Variable;
  readonly gram: tf.Variable;
}

/** The plain base, accumulating statistics of the inputs of some modules. */
class MeasuringModel extends AdaptedModel {
  private readonly measured: ReadonlyMap<string, RunningMoments>;
  private readonly measuresHead: boolean;
  private readonly dividedByMaximum: boolean;
  /** Inputs of the batch that runs. */
  private inputs: BatchInputs = {};

  constructor(base: BaseModel, modules: readonly LinearModule[], dividedByMaximum: boolean) {
    super(base);
    this.dividedByMaximum = dividedByMaximum;
    this.measuresHead = modules.some((module) => module.layer === null && !isBelowLayers(module));
    this.measured = new Map(
      modules.map(({ name, inFeatures }) => [
        name,
        {
          rows: 0,
          batches: 0,
          sum: zeros([inFeatures]),
          gram: zeros([inFeatures, inFeatures]),
        },
      ]),
    );
  }

  /** Runs a batch through the base. */
  pass({ inputs }: MicroBatch): void {
    tf.tidy(() => {
      const onDevice: ModelInputs = deviceInputs(inputs);
      this.inputs = inputs;
      const states = this.states(onDevice);
      if (this.measuresHead) this.head(states);
    });
    this.inputs = {};
  }

  override linear(module: LinearModule, x: tf.Tensor2D, options: LinearOptions = {}): tf.Tensor2D {
    const running = this.measured.get(module.name);
    if (running) tf.tidy(() => this.add(running, module, x));
    return super.linear(module, x, options);
  }

  private add(running: RunningMoments, module: LinearModule, x: tf.Tensor2D): void {
    const mask = rowMask(this.base, module, this.inputs, x.shape[0]);
    const rows = mask ? tf.mul<tf.Tensor2D>(x, tf.tensor2d(Float32Array.from(mask), [mask.length, 1])) : x;
    const scaled = this.dividedByMaximum ? tf.div<tf.Tensor2D>(rows, tf.abs(tf.max(rows))) : rows;
    running.sum.assign(tf.add(running.sum, tf.sum(scaled, 0)));
    running.gram.assign(tf.add(running.gram, tf.matMul(scaled, scaled, true, false)));
    running.rows += mask ? Array.from(mask).reduce((sum, value) => sum + value, 0) : x.shape[0];
    running.batches += 1;
  }

  async data(): Promise<Map<string, CalibrationData>> {
    const data = new Map<string, CalibrationData>();
    for (const [name, { rows, batches, sum, gram }] of this.measured) {
      const moments: InputMoments = { rows, batches, sum: (await toHost(sum)).data, gram: await toHost(gram) };
      if (batches > 0) data.set(name, { moments });
    }
    return data;
  }

  override dispose(): void {
    for (const { sum, gram } of this.measured.values()) tf.dispose([sum, gram]);
    super.dispose();
  }
}

function zeros(shape: number[]): tf.Variable {
  return tf.tidy(() => tf.variable(tf.zeros(shape)));
}
