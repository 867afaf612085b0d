import * as tf from '@tensorflow/tfjs-core';
import type { LinearModule } from '../../../../src-shared/domain/models/model.ts';
import type { AdapterUse } from '../../compute/pass-recorder.ts';
import type { BaseModel } from '../../models/base-model.ts';
import { frozenLinear } from '../../ops/linear/frozen-linear.ts';
import { FrozenWeight } from '../../ops/linear/frozen-weight.ts';
import type { LinearOptions } from '../../ops/linear/linear-options.ts';
import { toHost } from '../../ops/to-host.ts';
import { type AdapterGroup, gatesByModule, namesOff } from '../passes/adapter-groups.ts';
import type { ResidualBase } from '../residual/residual.ts';
import type { AdapterState } from '../variant/state.ts';
import type { TrainedModule } from '../variant/variant-training.ts';
import { type DeviceAdapter, disposeAdapter } from '../weights/device-adapter.ts';
import { mergedBias } from '../weights/merged-weights.ts';

/** An adapter on a base, and all that begins and ends with it: its residual base, what is switched off, what it is merged into. */
export class ActiveAdapter {
  readonly device: DeviceAdapter;
  /** Its frozen weights, where they differ from the base's. */
  readonly residual: ResidualBase | null;
  /** Modules whose adapters are off. */
  private inactive: ReadonlySet<string> = new Set();
  /** Factors on the updates of modules; 1 where a module has none. */
  gates: ReadonlyMap<string, number> = new Map();
  /** Modules whose adapters are on, but not trained. */
  private untrained: ReadonlySet<string> = new Set();
  private readonly base: BaseModel;
  /** The merged weights that replace the base's while it is merged. */
  private merged: ReadonlyMap<string, FrozenWeight> | null = null;

  constructor(base: BaseModel, device: DeviceAdapter, residual: ResidualBase | null) {
    this.base = base;
    this.device = device;
    this.residual = residual;
  }

  get isMerged(): boolean {
    return this.merged !== null;
  }

  /** Switches groups for `AdaptedModel.setActive`. */
  setActive(groups: readonly AdapterGroup[], mask: Uint8Array | null, gates: Float32Array | null): void {
    this.inactive = namesOff(groups, mask, 'modules');
    this.gates = gatesByModule(groups, gates);
  }

  /** Freezes groups for `AdaptedModel.setTrained`. */
  setTrained(groups: readonly AdapterGroup[], mask: Uint8Array | null): void {
    this.untrained = namesOff(groups, mask, 'modules');
  }

  /** The adapter on a module, where there is one and it is neither switched off nor merged. */
  activeOn({ name }: LinearModule): TrainedModule | null {
    return this.merged || this.inactive.has(name) ? null : (this.device.adapted.get(name) ?? null);
  }

  trainedOn(module: LinearModule): boolean {
    return this.activeOn(module) !== null && !this.untrained.has(module.name);
  }

  /** Returns the use of an adapted module's adapter. */
  useOf(module: LinearModule): AdapterUse {
    return this.trainedOn(module) ? 't' : this.activeOn(module) ? 'o' : '-';
  }

  /** The modules whose adapters are on, and those that are saved whole or by tokens. */
  activeModules(): LinearModule[] {
    return this.changedModules((module) => this.activeOn(module) !== null);
  }

  /** The modules whose adapters are trained, and those that are saved whole or by tokens. */
  trainedModules(): LinearModule[] {
    return this.changedModules((module) => this.trainedOn(module));
  }

  private changedModules(isOn: (module: LinearModule) => boolean): LinearModule[] {
    const adapted = [...this.device.adapted.values()].filter(({ module }) => isOn(module));
    const { whole, tokens } = this.device;
    return [...adapted, ...whole.values(), ...tokens.values()].map(({ module }) => module);
  }

  /** Output of an adapted module, whose update has its gate. */
  forward(x: tf.Tensor2D, adapted: TrainedModule, options: LinearOptions): tf.Tensor2D {
    const { module } = adapted;
    const { variant } = this.device.host;
    const frozen = this.frozenUnder(module);
    const gate = this.gates.get(module.name) ?? 1;
    if (gate === 1) return variant.forward(x, frozen, adapted, options);
    // The update is linear in the scaling of a plain B·A.
    if (!this.residual && variant.loraFactors?.(adapted))
      return variant.forward(x, frozen, { ...adapted, scaling: gate * adapted.scaling }, options);
    const plain = frozenLinear(x, this.base.frozenWeight(module), options);
    const full = variant.forward(x, frozen, adapted, options);
    return tf.add(tf.mul(plain, 1 - gate), tf.mul(full, gate));
  }

  /** The frozen weight below a module's adapter. */
  frozenUnder(module: LinearModule): FrozenWeight {
    return this.residual?.weightOf(module) ?? this.base.frozenWeight(module);
  }

  /** The weight in place of a module's own while the adapter is merged; undefined where there is none. */
  mergedOn({ name }: LinearModule): FrozenWeight | undefined {
    return this.merged?.get(name);
  }

  async merge(): Promise<void> {
    if (this.merged) return;
    const { adapted, host } = this.device;
    this.merged = await mergedModules(adapted.values(), host, {
      frozenUnder: (module) => this.frozenUnder(module),
      madeWeight: (module, weight) => this.residual?.madeWeight(module, weight) ?? null,
    });
  }

  unmerge(): void {
    for (const weight of this.merged?.values() ?? []) weight.dispose();
    this.merged = null;
  }

  /** Another one is in its place, which has taken its variables over. */
  release(): void {
    this.unmerge();
    this.residual?.dispose();
  }

  dispose(): void {
    this.release();
    disposeAdapter(this.device);
  }
}

/**
 * Weights with the adapter in them, by module, each on the device and the caller's to dispose.
 * @param below `frozenUnder`: the frozen weight below a module's adapter; `madeWeight`: one that is made of it for the adapter, a
 *   new tensor, or null where it is used as it is.
 */
async function mergedModules(
  adapted: Iterable<TrainedModule>,
  { variant, biases }: Pick<AdapterState, 'variant' | 'biases'>,
  below: {
    frozenUnder(module: LinearModule): FrozenWeight;
    madeWeight(module: LinearModule, weight: tf.Tensor2D): tf.Tensor2D | null;
  },
): Promise<Map<string, FrozenWeight>> {
  const merged = new Map<string, FrozenWeight>();
  for (const one of adapted) {
    const { name, kind } = one.module;
    const { weight, bias, bfloat16, allowInt8 } = below.frozenUnder(one.module);
    const standIn = biases.get(`${name}.bias`);
    const baseBias = standIn ?? (bias && (await toHost(bias)));
    const own = below.madeWeight(one.module, weight);
    const made = variant.mergedWeight(own ?? weight, one, kind === 'embedding');
    own?.dispose();
    const madeBias = variant.weights?.mergedBias?.changes(one) ? await mergedBias(variant, baseBias, one) : baseBias;
    merged.set(name, new FrozenWeight(made, madeBias, bfloat16, { allowInt8 }));
  }
  return merged;
}
