import * as tf from '@tensorflow/tfjs-core';
import type { LinearModule } from '../../../../src-shared/domain/models/model.ts';
import type { BaseModel } from '../../models/base-model.ts';
import { frozenLinear } from '../../ops/linear/frozen-linear.ts';
import { FrozenWeight, toMatrix } from '../../ops/linear/frozen-weight.ts';
import type { LinearOptions } from '../../ops/linear/linear-options.ts';
import { mergedWeight } from '../../ops/linear/merged-weight.ts';
import { toHost } from '../../ops/to-host.ts';
import type { Factors } from '../initializations/initialization.ts';
import { requireLinear } from '../targets/target-modules.ts';
import type { AdapterState } from '../variant/state.ts';

/** Part subtracted from a weight: b·a, where b includes the negative scaling. */
interface TakenOff {
  readonly a: FrozenWeight;
  readonly b: FrozenWeight;
}

/**
 * The weights W − s·B₀·A₀ on which an adapter trains that started with B₀ and A₀; the base's own W stays beside them.
 * For an encoded W, its part is subtracted from the product instead, W·x − s·B₀·A₀·x: an additional float32 matrix
 * would be many times as large.
 */
export class ResidualBase {
  /** Subtracted factors, by module. */
  readonly subtracted: ReadonlyMap<string, Factors>;
  private readonly weights = new Map<string, FrozenWeight>();
  private readonly takenOff = new Map<string, TakenOff>();

  private constructor(subtracted: ReadonlyMap<string, Factors>) {
    this.subtracted = subtracted;
  }

  /** @param state of the adapter, for its variant and the scalings of its modules. */
  static async create(
    base: BaseModel,
    { variant, modules }: Pick<AdapterState, 'variant' | 'modules'>,
    subtracted: ReadonlyMap<string, Factors>,
  ): Promise<ResidualBase> {
    const made = new ResidualBase(subtracted);
    for (const [name, factors] of subtracted) {
      const module = requireLinear(base.description, name);
      const { weight, bias, bfloat16, allowInt8, isEncoded } = base.frozenWeight(module);
      const scaling = -(modules.get(name)?.scaling ?? 0);
      if (isEncoded && variant.residual?.isAdditive && module.kind === 'linear') {
        const { a, b } = factors;
        const scaled = { shape: b.shape, data: Float32Array.from(b.data, (value) => scaling * value) };
        made.takenOff.set(name, { a: new FrozenWeight(a, null), b: new FrozenWeight(scaled, null) });
        continue;
      }
      const residual = tf.tidy(() => {
        const [a, b] = [toMatrix(factors.a), toMatrix(factors.b)];
        return mergedWeight(weight, { a, b, scaling }, false);
      });
      made.weights.set(name, new FrozenWeight(residual, bias && (await toHost(bias)), bfloat16, { allowInt8 }));
    }
    return made;
  }

  /**
   * Returns a module's reduced weight; undefined for unchanged modules, and for those whose part is subtracted from the
   * product.
   */
  weightOf({ name }: Pick<LinearModule, 'name'>): FrozenWeight | undefined {
    return this.weights.get(name);
  }

  /** The options with what is to be added to W·x, in place of a weight of its own; as they are of the other modules. */
  optionsFor({ name }: Pick<LinearModule, 'name'>, x: tf.Tensor2D, options: LinearOptions): LinearOptions {
    const taken = this.takenOff.get(name);
    if (taken === undefined) return options;
    const { derivative, residual } = options;
    const z = frozenLinear(x, taken.a, { derivative });
    return { derivative, residual: frozenLinear(z, taken.b, { residual }) };
  }

  /** W − s·B₀·A₀ of a module whose part is taken off the product, a new tensor; null of the others. */
  madeWeight({ name }: Pick<LinearModule, 'name'>, weight: tf.Tensor2D): tf.Tensor2D | null {
    const taken = this.takenOff.get(name);
    if (taken === undefined) return null;
    const factors = { a: taken.a.weight, b: taken.b.weight, scaling: 1 };
    return tf.tidy(() => mergedWeight(weight, factors, false));
  }

  dispose(): void {
    for (const weight of this.weights.values()) weight.dispose();
    for (const { a, b } of this.takenOff.values()) {
      a.dispose();
      b.dispose();
    }
  }
}
