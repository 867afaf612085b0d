import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { AdapterSettings } from '../../../src-shared/domain/adapter.ts';
import { depthOf, type LinearModule } from '../../../src-shared/domain/model.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import type { HostTensor } from '../formats/host-tensor.ts';
import type { BaseModel, HiddenStates, LinearRunner, ModelInputs } from '../models/base-model.ts';
import type { KeyValueCache } from '../models/key-value-cache.ts';
import { frozenLinear, softmaxCrossEntropy, trainedLinear } from '../ops/index.ts';
import type { LinearOptions } from '../ops/linear-options.ts';
import { isTaping } from '../ops/operation.ts';
import { toHost } from '../ops/to-host.ts';
import type { AdapterState, ModuleFactors } from './adapter-state.ts';
import { dropoutMask } from './dropout.ts';
import { freshAdapter } from './fresh-adapter.ts';
import { findLinear, fromTheInputUp } from './target-modules.ts';
import { recogniseVariant } from './variants/index.ts';
import type { AdapterVariant, DeviceFactors } from './variants/variant.ts';

/** Adapters that CoTo switches together. */
export interface AdapterGroup {
  readonly name: string;
  readonly layer: number;
  readonly modules: readonly string[];
  readonly variableNames: readonly string[];
}

/** The variables that an optimizer step with this mask (1 is on, null everything) leaves alone. */
export function frozenVariables(groups: readonly AdapterGroup[], mask: Uint8Array | null): ReadonlySet<string> {
  return new Set(mask === null ? [] : groups.flatMap((group, index) => (mask[index] ? [] : group.variableNames)));
}

/** A linear that is trained whole (modules_to_save) in place of the base's. */
interface TrainedLinear {
  /** [rows, inFeatures] */
  readonly weight: tf.Variable<tf.Rank.R2>;
  /** [rows] */
  readonly bias: tf.Variable<tf.Rank.R1> | null;
}

interface Adapted {
  readonly module: LinearModule;
  readonly factors: DeviceFactors;
  readonly rank: number;
}

/** The adapter on the device, and what of its state needs no device. */
interface LoadedAdapter {
  readonly variant: AdapterVariant;
  readonly host: Pick<AdapterState, 'config' | 'coto' | 'labels'>;
  readonly adapted: ReadonlyMap<string, Adapted>;
  readonly trained: ReadonlyMap<string, TrainedLinear & { module: LinearModule }>;
}

/**
 * A base with at most one adapter on it. Only the adapter's factors and the modules saved whole are variables; a linear
 * whose adapter is off runs the plain base.
 */
export class AdaptedModel implements LinearRunner {
  readonly base: BaseModel;
  private variables = new Map<string, tf.Variable>();
  private adapter: LoadedAdapter | null = null;
  private inactive: ReadonlySet<string> = new Set();
  private dropout: RandomStream | null = null;
  private training = false;
  private merged = false;
  /** While the layers without a tape run, no adapter may be met: its gradient would be lost without a word. */
  private belowTape = false;

  constructor(base: BaseModel) {
    this.base = base;
  }

  /**
   * Puts a fresh adapter on, drawn from `random`: the factors from the input up, then the head. `labels` are the task's;
   * where they are the base's own (or null), the head starts with the base's values.
   * @throws StudioError invalid_input where targets, patterns or modules_to_save do not fit the base.
   */
  async createAdapter(
    settings: AdapterSettings,
    options: { random: RandomStream; labels: readonly string[] | null },
  ): Promise<void> {
    this.loadState(await freshAdapter(this.base, settings, options.random, options.labels));
  }

  /**
   * Replaces the adapter. Variables of equal name and shape are assigned, not made anew.
   * @throws StudioError refused where the adapter does not fit the base; the adapter before it then stays.
   */
  loadState(state: AdapterState): void {
    const variant = recogniseVariant(state.config, 'The adapter');
    const modules = [...state.modules].map(([name, factors]) => ({ module: this.fitting(name, factors), factors }));
    const saved = [...state.saved.keys()].map((name) => [name, this.linearOfSaved(name)] as const);
    this.unmerge();
    const before = this.variables;
    const next = new Map<string, tf.Variable>();
    const put = <Kind extends tf.Rank>(name: string, tensor: HostTensor): tf.Variable<Kind> => {
      const variable = assignOrCreate<Kind>(before.get(name), tensor);
      next.set(name, variable);
      return variable;
    };
    const adapted = new Map<string, Adapted>();
    for (const { module, factors } of inOrder(modules, this.base)) {
      const a = put<tf.Rank.R2>(`${module.name}.lora_A.weight`, factors.a);
      const b = put<tf.Rank.R2>(`${module.name}.lora_B.weight`, factors.b);
      adapted.set(module.name, { module, rank: factors.rank, factors: { a, b, scaling: factors.scaling } });
    }
    const trained = new Map<string, TrainedLinear & { module: LinearModule }>();
    for (const module of new Set(saved.map(([, linear]) => linear))) {
      const weight = state.saved.get(`${module.name}.weight`);
      const bias = state.saved.get(`${module.name}.bias`);
      if (!weight) throw new StudioError('refused', `The adapter saves ${module.name}.bias without its weight.`);
      trained.set(module.name, {
        module,
        weight: put<tf.Rank.R2>(`${module.name}.weight`, weight),
        bias: bias ? put<tf.Rank.R1>(`${module.name}.bias`, bias) : null,
      });
    }
    for (const [name, variable] of before) if (next.get(name) !== variable) variable.dispose();
    this.variables = next;
    this.inactive = new Set();
    this.adapter = {
      variant,
      host: { config: state.config, coto: state.coto, labels: state.labels },
      adapted,
      trained,
    };
  }

  /** The adapter as it stands, copied to the host. */
  async exportState(): Promise<AdapterState> {
    const { host, adapted, trained } = this.loaded();
    const modules = new Map<string, ModuleFactors>();
    for (const [name, { factors, rank }] of adapted)
      modules.set(name, { a: await toHost(factors.a), b: await toHost(factors.b), rank, scaling: factors.scaling });
    const saved = new Map<string, HostTensor>();
    for (const [name, { weight, bias }] of trained) {
      saved.set(`${name}.weight`, await toHost(weight));
      if (bias) saved.set(`${name}.bias`, await toHost(bias));
    }
    return { ...host, modules, saved };
  }

  /** Back to the plain base. */
  clear(): void {
    this.unmerge();
    for (const variable of this.variables.values()) variable.dispose();
    this.variables = new Map();
    this.inactive = new Set();
    this.adapter = null;
  }

  /** Every trained tensor by its name in the model, from the input up: the factors, then the modules saved whole. */
  trainable(): ReadonlyMap<string, tf.Variable> {
    return this.variables;
  }

  /** The groups that CoTo switches, from the input up. Adapters outside the layers (the head's) belong to none: always on. */
  groups(granularity: 'layer' | 'module'): readonly AdapterGroup[] {
    const groups = new Map<string, { layer: number; modules: string[] }>();
    for (const { module } of this.adapter?.adapted.values() ?? []) {
      if (module.layer === null) continue;
      const name = granularity === 'layer' ? `layers.${module.layer}` : module.name;
      const group = groups.get(name) ?? { layer: module.layer, modules: [] };
      group.modules.push(module.name);
      groups.set(name, group);
    }
    return [...groups].map(([name, group]) => ({
      name,
      ...group,
      variableNames: group.modules.flatMap((module) => [`${module}.lora_A.weight`, `${module}.lora_B.weight`]),
    }));
  }

  /** Switches groups: mask[i] 0 turns groups[i] off. null: everything on. */
  setActive(groups: readonly AdapterGroup[], mask: Uint8Array | null): void {
    this.inactive = new Set(mask === null ? [] : groups.flatMap((group, index) => (mask[index] ? [] : group.modules)));
  }

  /** The lowest layer with something trained and on: layerCount if only the head is, 0 if something before the layers is. */
  lowestActiveLayer(): number {
    const { layerCount } = this.base;
    const layerOf = (module: LinearModule) => Math.max(0, depthOf(module, layerCount));
    let lowest = layerCount;
    for (const { module } of this.adapter?.adapted.values() ?? [])
      if (this.isOn(module)) lowest = Math.min(lowest, layerOf(module));
    for (const { module } of this.adapter?.trained.values() ?? []) lowest = Math.min(lowest, layerOf(module));
    return lowest;
  }

  /** Dropout is on in training only, and draws from `dropout`. */
  setTraining(training: boolean, dropout?: RandomStream): void {
    this.training = training;
    this.dropout = training ? (dropout ?? null) : null;
  }

  get taped(): boolean {
    return isTaping();
  }

  linear(module: LinearModule, x: tf.Tensor2D, options: LinearOptions = {}): tf.Tensor2D {
    const trained = this.adapter?.trained.get(module.name);
    const adapted = this.adapter?.adapted.get(module.name);
    const isOn = adapted !== undefined && this.isOn(module);
    if (this.belowTape && (trained || isOn)) throw new Error(`${module.name} is trained, but runs without a tape`);
    if (trained) return trainedLinear(x, trained.weight, trained.bias, options);
    const frozen = this.base.frozenWeight(module);
    if (!this.adapter || !isOn) return frozenLinear(x, frozen, options);
    return this.adapter.variant.forward(x, frozen, adapted.factors, { ...options, dropoutMask: this.maskFor(x) });
  }

  embedding(module: LinearModule, ids: tf.Tensor1D): tf.Tensor2D {
    return tf.gather(this.base.frozenWeight(module).weight, ids);
  }

  isPlain(module: LinearModule): boolean {
    if (this.adapter?.trained.has(module.name)) return false;
    return !this.adapter?.adapted.has(module.name) || !this.isOn(module);
  }

  /** Every output by its name, as `BaseModel` gives them; the caller disposes them. */
  outputs(inputs: ModelInputs): Readonly<Record<string, tf.Tensor>> {
    return tf.tidy(() => {
      const named = this.base.outputs?.(inputs, this);
      if (named) return { ...named };
      const logits = this.forward(inputs);
      const tokens = this.base.description.kind === 'causal-lm' ? inputs['input_ids'] : undefined;
      return { logits: tokens ? tf.reshape(logits, [...tokens.shape, -1]) : logits };
    });
  }

  /**
   * Of a language model, the logits [batch, vocabulary] after each row's last token (padding stands on the left); `cache`
   * takes up what later calls need. The caller disposes the logits.
   */
  nextLogits(inputs: ModelInputs, cache: KeyValueCache): tf.Tensor2D {
    return tf.tidy(() => {
      const states = this.layersFrom(0, this.base.embed(inputs, this, cache));
      cache.advance(states.tokens);
      const { batch, tokens } = states;
      const last = tf.tensor1d(
        Int32Array.from({ length: batch }, (_, row) => (row + 1) * tokens - 1),
        'int32',
      );
      const hidden = tokens === 1 ? states.hidden : tf.gather(states.hidden, last);
      return this.base.head({ ...states, hidden, tokens: 1 }, this);
    });
  }

  /** The task's outputs, e.g. logits [batch, labels]; the caller disposes them. */
  forward(inputs: ModelInputs): tf.Tensor2D {
    return tf.tidy(() => this.base.head(this.layersFrom(0, this.base.embed(inputs, this)), this));
  }

  /** Embedding and the layers below the lowest active one: nothing there is trained, so this runs outside gradient scopes. */
  forwardBelow(inputs: ModelInputs): HiddenStates {
    const end = this.lowestActiveLayer();
    this.belowTape = true;
    try {
      return tidyStates(() => {
        let states = this.base.embed(inputs, this);
        for (let index = 0; index < end; index++) states = this.layer(index, states);
        return states;
      });
    } finally {
      this.belowTape = false;
    }
  }

  /** The remaining layers and the head, on what `forwardBelow` gave (which stays the caller's). */
  forwardFrom(states: HiddenStates): tf.Tensor2D {
    return tf.tidy(() => this.base.head(this.statesFrom(states), this));
  }

  /** The remaining layers on what `forwardBelow` gave (which stays the caller's). */
  statesFrom(states: HiddenStates): HiddenStates {
    return tidyStates(() => this.layersFrom(this.lowestActiveLayer(), states));
  }

  /** One of the remaining layers by itself. */
  layer(index: number, states: HiddenStates): HiddenStates {
    return tidyStates(() => this.base.layer(index, states, this));
  }

  /** The head and the mean loss over the labels, on the last layer's states. */
  loss(states: HiddenStates, labels: tf.Tensor1D): tf.Scalar {
    return tf.tidy(
      () => this.base.loss?.(states, labels, this) ?? softmaxCrossEntropy(this.base.head(states, this), labels),
    );
  }

  /** Where the dropout stands, for `replayDropout`; null where there is none. */
  dropoutState(): readonly number[] | null {
    return this.dropout?.state() ?? null;
  }

  /** Runs with the masks that were drawn from `state` on; the stream itself stays where it is. */
  replayDropout<Result>(state: readonly number[] | null, run: () => Result): Result {
    const current = this.dropout;
    this.dropout = state === null ? null : RandomStream.restored(state);
    try {
      return run();
    } finally {
      this.dropout = current;
    }
  }

  /** Puts every adapter into the base's weights; the forward pass then costs what the base costs. */
  async mergeIntoBase(): Promise<void> {
    if (this.merged) return;
    const { variant, adapted } = this.loaded();
    for (const { module, factors, rank } of adapted.values()) {
      const frozen = this.base.frozenWeight(module);
      const host = { a: await toHost(factors.a), b: await toHost(factors.b), rank, scaling: factors.scaling };
      const { data } = variant.mergedWeight(await toHost(frozen.weight), host);
      frozen.replace(new Float32Array(data));
    }
    this.merged = true;
  }

  /** Takes the adapters out of the base's weights again, which then are bit for bit what they were. */
  unmerge(): void {
    if (!this.merged) return;
    for (const { module } of this.loaded().adapted.values()) this.base.frozenWeight(module).restore();
    this.merged = false;
  }

  /** Disposes the adapter; the base stays its owner's. */
  dispose(): void {
    this.clear();
  }

  private isOn(module: LinearModule): boolean {
    return !this.merged && !this.inactive.has(module.name);
  }

  private maskFor(x: tf.Tensor2D): tf.Tensor2D | null {
    const probability = this.adapter?.host.config.lora_dropout ?? 0;
    if (!this.training || probability === 0) return null;
    if (this.dropout === null) throw new Error('lora_dropout needs a random stream in training');
    return dropoutMask(x.shape, probability, this.dropout);
  }

  private layersFrom(start: number, states: HiddenStates): HiddenStates {
    let current = states;
    for (let index = start; index < this.base.layerCount; index++) {
      const next = this.layer(index, current);
      if (current !== states) current.hidden.dispose();
      current = next;
    }
    return current;
  }

  private loaded(): LoadedAdapter {
    if (this.adapter) return this.adapter;
    throw new Error('there is no adapter on the model');
  }

  private fitting(name: string, { a, b, rank }: ModuleFactors): LinearModule {
    const module = findLinear(this.base.description, name);
    const fits =
      module !== null &&
      isShape(a, [rank, module.inFeatures]) &&
      isShape(b, [module.outFeatures, rank]) &&
      module.name === name;
    if (fits) return module;
    throw new StudioError(
      'refused',
      module
        ? `The adapter on ${name} does not fit the base: A is [${a.shape.join(', ')}], B is [${b.shape.join(', ')}].`
        : `The base has no linear ${name}, which the adapter is for.`,
      'Was the adapter made for another base model?',
    );
  }

  private linearOfSaved(name: string): LinearModule {
    const module = findLinear(this.base.description, name.slice(0, name.lastIndexOf('.')));
    if (module) return module;
    throw new StudioError('refused', `The adapter saves ${name}, which is no linear of the base.`);
  }
}

function inOrder<Item extends { module: LinearModule }>(items: readonly Item[], base: BaseModel): Item[] {
  const order = fromTheInputUp(base.description).map((module) => module.name);
  return [...items].sort((one, other) => order.indexOf(one.module.name) - order.indexOf(other.module.name));
}

function assignOrCreate<Kind extends tf.Rank>(
  existing: tf.Variable | undefined,
  tensor: HostTensor,
): tf.Variable<Kind> {
  const values = tf.tensor<Kind>(new Float32Array(tensor.data), [...tensor.shape] as tf.ShapeMap[Kind], 'float32');
  try {
    if (existing && isShape(tensor, existing.shape)) {
      existing.assign(values);
      return existing as tf.Variable<Kind>;
    }
    return tf.variable(values);
  } finally {
    values.dispose();
  }
}

function isShape(tensor: HostTensor, shape: readonly number[]): boolean {
  return tensor.shape.length === shape.length && shape.every((size, axis) => tensor.shape[axis] === size);
}

/** `tf.tidy` for hidden states: all tensors but theirs are disposed. */
function tidyStates(run: () => HiddenStates): HiddenStates {
  const made: HiddenStates[] = [];
  tf.tidy(() => {
    const states = run();
    made.push(states);
    const { rotary, mask, tensors } = states.context ?? {};
    return [
      states.hidden,
      ...(rotary ? [rotary.cos, rotary.sin] : []),
      ...(mask ? [mask] : []),
      ...Object.values(tensors ?? {}),
    ];
  });
  const [states] = made;
  if (states === undefined) throw new Error('a layer gave no states');
  return states;
}
