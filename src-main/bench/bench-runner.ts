import * as tf from '@tensorflow/tfjs-core';
import { type AdapterSettings, adapterSettingsSchema } from '../../src-shared/domain/adapters/adapter.ts';
import type { ParameterValues } from '../../src-shared/domain/parameters/parameter.ts';
import { RandomStream } from '../../src-shared/random.ts';
import { adapterVariant } from '../engine/api/adapters.ts';
import { type HostTensor, writeSafetensors } from '../engine/api/base-parts.ts';
import { AdamW, AdaptedModel, type AdapterGroup, namesOff, TrainingStep } from '../engine/api/steps.ts';
import type { Clock } from './protocol.ts';
import type { BenchProblem, ProblemOptions, Workload } from './workload.ts';

/**
 * Times the kernels of the active backend from outside: while it is on, every registered kernel is wrapped. Nested
 * kernels count once. The rest of a step is JavaScript: the tape, shapes, memory management, the optimizer's loop.
 */
class KernelClock {
  private readonly originals: tf.KernelConfig[];
  private depth = 0;
  private total = 0;

  constructor() {
    const backendName = tf.getBackend();
    this.originals = tf.getKernelsForBackend(backendName);
    for (const original of this.originals) {
      tf.unregisterKernel(original.kernelName, backendName);
      tf.registerKernel({ ...original, kernelFunc: (parameters) => this.timed(() => original.kernelFunc(parameters)) });
    }
  }

  /** Milliseconds inside kernels so far. */
  get milliseconds(): number {
    return this.total;
  }

  /** Restores the kernels. */
  stop(): void {
    for (const original of this.originals) {
      tf.unregisterKernel(original.kernelName, original.backendName);
      tf.registerKernel(original);
    }
  }

  private timed<Result>(run: () => Result): Result {
    if (this.depth > 0) return run();
    this.depth = 1;
    const started = performance.now();
    try {
      return run();
    } finally {
      this.total += performance.now() - started;
      this.depth = 0;
    }
  }
}

/** Same interface as the peers, see bench/peers. */
export const learningRate = 1e-3;
export const maximumGradientNorm = 1;
export const adamwOptions = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };

const targets = ['q_proj', 'v_proj'];
/** Strength parameters; a variant receives those that it declares. */
const strength = { r: 8, lora_alpha: 16 };
/** Parameters of variants whose defaults do not fit the workloads, or whose size is not a rank. */
const ownParameters: Readonly<Record<string, ParameterValues>> = { oft: { r: 0 }, c3a: { block_size: 64 } };

/** The adapter that the bench trains on a workload, of a variant by its id. */
export function settingsOf(variant: string, { adapter }: Pick<Workload, 'adapter'>): AdapterSettings {
  const declared = adapterVariant(variant).declaration.parameters.map(({ name }) => name);
  const common = Object.fromEntries(
    Object.entries(adapter?.parameters ?? strength).filter(([name]) => declared.includes(name)),
  );
  const parameters = { ...common, ...ownParameters[variant] };
  const target_modules = adapter?.targets ?? targets;
  return adapterSettingsSchema.parse({ target_modules, variant, parameters });
}

/** Runs the studio's training step on a workload, on the active compute backend. */
export class BenchRunner {
  private readonly variant: string;
  private readonly problem: BenchProblem;
  private readonly model: AdaptedModel;
  private readonly optimizer: AdamW;
  private readonly step: TrainingStep;
  private readonly groups: readonly AdapterGroup[];
  private readonly clock: Clock;
  /** Draws masks for variants that drop by default. */
  private readonly dropout = RandomStream.seeded(0, 'dropout');

  private constructor(variant: string, problem: BenchProblem, model: AdaptedModel, clock: Clock) {
    this.clock = clock;
    this.variant = variant;
    this.problem = problem;
    this.model = model;
    this.optimizer = new AdamW(model.trainable(), adamwOptions);
    this.step = new TrainingStep(model, this.optimizer, maximumGradientNorm);
    this.groups = model.groups('layer');
  }

  /** `variant`: an adapter variant's id. */
  static async load(
    shape: Pick<Workload, 'build' | 'adapter'>,
    variant: string,
    options: ProblemOptions & { readonly clock?: Clock },
  ): Promise<BenchRunner> {
    const problem = await shape.build(options);
    const model = new AdaptedModel(problem.base);
    const random = RandomStream.seeded(42, 'initialization');
    await model.createAdapter(settingsOf(variant, shape), { random, labels: problem.labels });
    return new BenchRunner(variant, problem, model, options.clock ?? 'elapsed');
  }

  /** Layers that a mask switches. */
  get groupCount(): number {
    return this.groups.length;
  }

  writeProblemFile(path: string): Promise<void> {
    return writeProblemFile(path, this.variant, this.problem, this.model);
  }

  /** One optimizer step with the groups of `mask` on (null: all); returns its loss. */
  async run(mask: readonly number[] | null): Promise<number> {
    const bytes = mask === null ? null : Uint8Array.from(mask);
    this.model.setActive(this.groups, bytes);
    this.model.setTraining(true, this.dropout);
    const { loss } = await this.step.run(
      [this.problem.batch],
      learningRate,
      namesOff(this.groups, bytes, 'variableNames'),
    );
    this.model.setTraining(false);
    return loss;
  }

  /** Losses and milliseconds of full steps. */
  async losses(count: number): Promise<{ losses: number[]; milliseconds: number[] }> {
    const losses: number[] = [];
    const milliseconds: number[] = [];
    for (let step = 0; step < count; step++) {
      const taken = await this.timed(null);
      losses.push(taken.loss);
      milliseconds.push(taken.milliseconds);
    }
    return { losses, milliseconds };
  }

  /** Milliseconds of one step per mask. */
  async time(masks: readonly (readonly number[] | null)[]): Promise<number[]> {
    const milliseconds: number[] = [];
    for (const mask of masks) milliseconds.push((await this.timed(mask)).milliseconds);
    return milliseconds;
  }

  private async timed(mask: readonly number[] | null): Promise<{ loss: number; milliseconds: number }> {
    const started = this.milliseconds();
    const loss = await this.run(mask);
    return { loss, milliseconds: this.milliseconds() - started };
  }

  private milliseconds(): number {
    if (this.clock === 'elapsed') return performance.now();
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  }

  /** The share of the time of `steps` full steps spent outside kernels, 0 … 1. */
  async outsideKernels(steps: number): Promise<number> {
    const clock = new KernelClock();
    try {
      // Warm-up, so that the JIT compiles the wrapped kernels as it did the plain ones.
      for (let step = 1; step < steps; step++) await this.run(null);
      const before = clock.milliseconds;
      const started = performance.now();
      for (let step = 0; step < steps; step++) await this.run(null);
      const whole = performance.now() - started;
      return Math.max(0, 1 - (clock.milliseconds - before) / whole);
    } finally {
      clock.stop();
    }
  }

  /** Merges the adapter into the base and unmerges it; milliseconds of each round, and the number of values merged. */
  async merge(rounds: number): Promise<{ milliseconds: number[]; parameters: number }> {
    const milliseconds: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const started = performance.now();
      await this.model.mergeIntoBase();
      milliseconds.push(performance.now() - started);
      this.model.unmerge();
    }
    const adapted = new Set(this.groups.flatMap((group) => group.modules));
    const parameters = this.problem.base.description.linears
      .filter((module) => adapted.has(module.name))
      .reduce((sum, module) => sum + module.inFeatures * module.outFeatures, 0);
    return { milliseconds, parameters };
  }

  dispose(): void {
    this.step.end();
    this.optimizer.dispose();
    this.model.dispose();
    this.problem.base.dispose();
  }
}

/**
 * Writes a problem file for the peers: tensors `frozen:…`, `trained:…` and `input:…`, the linear layers as
 * `layers.<i>.<last name>.weight` and `head.weight`, the adapter's tensors under PEFT's last names. Among the metadata
 * are the adapter variant's id, so that a peer can refuse an unknown one, and the architecture as JSON, with the file that has the
 * frozen tensors where they are not in this one.
 */
async function writeProblemFile(
  path: string,
  variant: string,
  problem: BenchProblem,
  model: AdaptedModel,
): Promise<void> {
  const tensors = new Map<string, HostTensor>();
  const put = (kind: string, name: string, tensor: HostTensor) => tensors.set(`${kind}:${name}`, tensor);
  const state = await model.exportState();
  for (const [name, tensor] of problem.extras) put('frozen', name, tensor);
  const { tensorKey } = adapterVariant(variant).files;
  let scaling = 1;
  for (const module of problem.base.description.linears) {
    const peerName = module.isHead ? 'head' : `layers.${module.layer}.${module.name.split('.').at(-1)}`;
    const factors = state.modules.get(module.name);
    if (factors !== undefined) {
      scaling = factors.scaling;
      for (const [part, tensor] of factors.tensors) put('trained', `${peerName}.${tensorKey(module, part)}`, tensor);
    }
    if (problem.stored !== undefined) continue;
    const { weight, bias } = problem.base.frozen(module);
    for (const [part, frozen] of [['weight', weight] as const, ['bias', bias] as const]) {
      const trained = state.saved.get(`${module.name}.${part}`);
      if (trained !== undefined) put('trained', `${peerName}.${part}`, trained);
      else if (frozen !== null)
        put('frozen', `${peerName}.${part}`, { shape: frozen.shape, data: Float32Array.from(await frozen.data()) });
    }
  }
  for (const [name, tensor] of Object.entries(problem.batch.inputs)) put('input', name, tensor);
  const { labels } = problem.batch.loss;
  put('input', 'labels', { shape: [labels.length], data: labels });
  const architecture = JSON.stringify({ ...problem.architecture, scaling, stored: problem.stored });
  await writeSafetensors(path, tensors, { adapter: variant, architecture });
}
