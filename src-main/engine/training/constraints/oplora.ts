import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { LinearModule } from '../../../../src-shared/domain/models/model.ts';
import type { RunConfig } from '../../../../src-shared/domain/runs/run.ts';
import { RandomStream } from '../../../../src-shared/random.ts';
import { leadingSvd } from '../../adapters/initializations/initialization.ts';
import type { AdapterVariant } from '../../adapters/variant/variant.ts';
import type { TrainedModule } from '../../adapters/variant/variant-training.ts';
import type { BaseModel } from '../../models/base-model.ts';
import { toHost } from '../../ops/to-host.ts';

/** Leading singular directions of one base weight: U [out, k] and V [in, k]. */
interface Directions {
  readonly u: tf.Tensor2D;
  readonly v: tf.Tensor2D;
}

/**
 * OPLoRA (arXiv 2510.13003): updates P_L·B·A·P_R with P_L = I − U·Uᵀ and P_R = I − V·Vᵀ, where U and V are the k leading singular
 * directions of W. W + ΔW then has the k leading singular triples of W. The factors themselves stay projected, and their gradients are
 * projected before the optimizer reads them: B and A then are the P_L·B and A·P_R that the optimizer would reach without.
 */
export class Oplora {
  private readonly base: BaseModel;
  private readonly rank: number;
  private readonly seed: number;
  private readonly modules: () => readonly TrainedModule[];
  private readonly directions = new Map<string, Directions>();

  constructor(
    base: BaseModel,
    { oplora_rank, seed }: Pick<RunConfig, 'oplora_rank' | 'seed'>,
    modules: () => readonly TrainedModule[],
  ) {
    this.base = base;
    this.rank = oplora_rank;
    this.seed = seed;
    this.modules = modules;
  }

  /**
   * Decomposes the base's weights.
   * @param isFresh the factors are those of a new adapter, which are not yet projected
   */
  async start(isFresh: boolean, onModule: () => Promise<void>): Promise<void> {
    for (const { module } of this.modules()) {
      await onModule();
      const weight = await toHost(this.base.frozenWeight(module).weight);
      const { u, vt } = leadingSvd(weight, this.rank, RandomStream.named(this.seed, 'initialization', module.name));
      const directions = tf.tidy(() => ({
        u: tf.tensor2d(Float32Array.from(u.data), [module.outFeatures, this.rank]),
        v: tf.transpose(tf.tensor2d(Float32Array.from(vt.data), [this.rank, module.inFeatures])),
      }));
      this.directions.set(module.name, directions);
    }
    if (isFresh) this.project(() => true);
  }

  /** Replaces the gradients of the factors by those of P_L·B and A·P_R. */
  completeGradients(gradients: Map<string, tf.Tensor>): void {
    for (const { name, projected } of this.factors()) {
      const gradient = gradients.get(name);
      if (gradient === undefined) continue;
      gradients.set(name, projected(gradient));
      gradient.dispose();
    }
  }

  /** Projects the factors that a step has moved. */
  afterStep(gradients: ReadonlyMap<string, tf.Tensor>): void {
    this.project((name) => gradients.has(name));
  }

  dispose(): void {
    for (const { u, v } of this.directions.values()) tf.dispose([u, v]);
    this.directions.clear();
  }

  private project(isMoved: (name: string) => boolean): void {
    for (const { name, variable, projected } of this.factors()) {
      if (!isMoved(name)) continue;
      const value = projected(variable);
      variable.assign(value);
      value.dispose();
    }
  }

  private factors(): readonly { name: string; variable: tf.Variable; projected(value: tf.Tensor): tf.Tensor2D }[] {
    return this.modules().flatMap(({ module, tensors, trainedNames }) => {
      const directions = this.directions.get(module.name);
      if (directions === undefined) return [];
      const { u, v } = directions;
      const ofPart = (part: string, projected: (value: tf.Tensor) => tf.Tensor2D) => {
        const [name, variable] = [trainedNames.get(part), tensors.get(part)];
        return name !== undefined && variable instanceof tf.Variable ? [{ name, variable, projected }] : [];
      };
      return [
        ...ofPart('b', (b) => tf.tidy(() => tf.sub<tf.Tensor2D>(b, tf.matMul(u, tf.matMul(u, b, true))))),
        ...ofPart('a', (a) => tf.tidy(() => tf.sub<tf.Tensor2D>(a, tf.matMul(tf.matMul(a, v), v, false, true)))),
      ];
    });
  }
}

/** @throws StudioError refused or invalid_input where a run cannot keep the leading directions of its base */
export function checkOplora(
  { oplora_rank: rank, adapter }: Pick<RunConfig, 'oplora_rank' | 'adapter'>,
  variant: AdapterVariant,
  targets: readonly LinearModule[],
): void {
  if (rank === 0) return;
  const { parameters } = adapter;
  const turnOff = 'Set oplora_rank to 0, or choose the variant lora.';
  const refuse = (reason: string, hint = turnOff): never => {
    throw new StudioError('refused', `oplora_rank is ${rank}, but ${reason}.`, hint).at('oplora_rank');
  };
  const isLora = variant.residual?.isAdditive === true && variant.ranks?.factors !== undefined;
  if (!isLora) refuse(`the update of ${variant.declaration.label} is not a product B·A that is added to the weight`);
  if (variant.residual?.initialization(parameters).residual === true)
    refuse(
      'the initialization of the adapter takes its update off the base',
      'Set oplora_rank to 0, or init_lora_weights to kaiming.',
    );
  if (adapter.init_adapter !== null)
    refuse(
      'the run starts from an adapter, which the projection would change',
      'Set oplora_rank to 0, or leave out init_adapter.',
    );
  for (const module of targets) {
    if (module.kind === 'embedding')
      refuse(
        `the adapter changes the embedding ${module.name}`,
        'Set oplora_rank to 0, or leave the embedding out of target_modules.',
      );
    const size = Math.min(module.inFeatures, module.outFeatures);
    if (rank >= size)
      refuse(
        `${module.name} has ${size} singular directions, so that no update would be left`,
        `Set oplora_rank below ${size}.`,
      );
    const untrained = variant
      .parts(module, { rank: typeof parameters['r'] === 'number' ? parameters['r'] : 1, parameters })
      .find(({ name, trainable }) => ['a', 'b'].includes(name) && !trainable);
    if (untrained)
      refuse(
        `${variant.declaration.label} does not train ${untrained.name.toUpperCase()}, which the projection changes`,
      );
  }
}
