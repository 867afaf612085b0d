import * as tf from '@tensorflow/tfjs-core';
import type { AdapterSettings } from '../../../../src-shared/domain/adapters/adapter.ts';
import {
  inputEmbedding,
  type LinearModule,
  labelHead,
  withTaskHead,
} from '../../../../src-shared/domain/models/model.ts';
import type { RandomStream } from '../../../../src-shared/random.ts';
import type { LinearProduct } from '../../compute/decoder-step.ts';
import { isTaping } from '../../compute/tfjs-internals.ts';
import type { BaseModel, HiddenStates, LinearRunner, LinearWatcher, ModelInputs } from '../../models/base-model.ts';
import { KeyValueCache } from '../../models/key-value-cache.ts';
import { type FrozenWeight, frozenLinear, gatherRows, type TrainedRows, trainedLinear } from '../../ops/index.ts';
import type { LinearOptions } from '../../ops/linear/linear-options.ts';
import { type LabelForm, labelLossOf, plainForm } from '../../ops/loss/label-form.ts';
import { type FreshOptions, freshAdapter } from '../fresh/fresh-adapter.ts';
import type { Factors } from '../initializations/initialization.ts';
import { type AdapterGroup, adapterGroups, type UsesByLayer, usesByLayer } from '../passes/adapter-groups.ts';
import { AdapterDropout } from '../passes/dropout.ts';
import type { PassSeeds } from '../passes/pass-seeds.ts';
import { layersFrom } from '../passes/run-layers.ts';
import { tidyHiddenStates } from '../passes/tidy-hidden-states.ts';
import { ResidualBase } from '../residual/residual.ts';
import { isBelowLayers } from '../targets/target-modules.ts';
import type { AdapterState } from '../variant/state.ts';
import type { TrainingHooks } from '../variant/training-hooks.ts';
import { hooksOf, type TrainedModule, type TrainingPlan } from '../variant/variant-training.ts';
import { BiasSwap, type DeviceAdapter, fromDevice, toDevice } from '../weights/device-adapter.ts';
import { trainedTokensEmbedding, trainedTokensLinear } from '../weights/trained-tokens.ts';
import { ActiveAdapter } from './active-adapter.ts';

/**
 * A base with at most one adapter on it. Only the adapter's factors and the modules saved whole are variables; a linear
 * whose adapter is off runs the plain base.
 */
export class AdaptedModel implements LinearRunner {
  readonly base: BaseModel;
  readonly inBfloat16 = (module: LinearModule): boolean => this.base.frozenWeight(module).bfloat16;
  /** The last layer's states [batch · tokens, hiddenSize] as a model without a head gives them. */
  readonly finalStates = (states: HiddenStates) =>
    this.onBase(() => this.base.finalStates?.(states, this) ?? states.hidden);
  readonly dropout: AdapterDropout;
  private placed: ActiveAdapter | null = null;
  private readonly biasSwap = new BiasSwap();
  /** While the layers without a tape run, no adapter may be met: its gradient would be lost without a word. */
  private belowTape = false;
  private watcher: LinearWatcher | null = null;

  constructor(base: BaseModel) {
    this.base = base;
    this.dropout = new AdapterDropout(inputEmbedding(base.description));
  }

  /**
   * Puts a fresh adapter on, drawn from `random`: the factors from the input up, then the head. `labels` are the task's;
   * where they are the base's own (or null), the head starts with the base's values.
   * @throws StudioError invalid_input where targets, patterns or modules_to_save do not fit the base.
   */
  async createAdapter(settings: AdapterSettings, options: FreshOptions): Promise<void> {
    const { state, subtracted } = await freshAdapter(this.base, settings, options);
    await this.loadOnResidual(state, subtracted);
  }

  /** Counterpart of `loadState` on a base without these factors; null: on the base itself. */
  async loadOnResidual(state: AdapterState, subtracted: ReadonlyMap<string, Factors> | null): Promise<void> {
    this.put(state, subtracted && (await ResidualBase.create(this.base, state, subtracted)));
  }

  /** The factors that the base has lost for the adapter that is on; null where it uses the base itself. */
  get subtracted(): ReadonlyMap<string, Factors> | null {
    return this.placed?.residual?.subtracted ?? null;
  }

  /**
   * Replaces the adapter. Variables of equal name and shape are assigned, not recreated.
   * @throws StudioError refused where the adapter does not fit the base; the adapter before it then stays.
   */
  loadState(state: AdapterState): void {
    this.put(state, null);
  }

  private put(state: AdapterState, residual: ResidualBase | null): void {
    const next = toDevice(state, this.base, this.adapter);
    this.placed?.release();
    this.placed = new ActiveAdapter(this.base, next, residual);
  }

  /** The current adapter, copied to the host. */
  async exportState(): Promise<AdapterState> {
    return fromDevice(this.loaded().device);
  }

  /** Back to the plain base. */
  clear(): void {
    this.placed?.dispose();
    this.placed = null;
  }

  /** Every trained tensor by its name in the model, from the input up: the factors, then the modules saved whole. */
  trainable(): ReadonlyMap<string, tf.Variable> {
    return this.adapter?.trained ?? new Map();
  }

  /** The kind of the adapter that is on, and its settings. */
  get described(): Pick<AdapterState, 'variant' | 'parameters'> {
    const { variant, parameters } = this.loaded().device.host;
    return { variant, parameters };
  }

  /** Returns the variant's hooks for training by `plan`, on this adapter; groups are off like in the step. */
  trainingHooks(plan: TrainingPlan): TrainingHooks {
    const all = () => this.adaptedModules();
    const active = () => all().filter(({ module }) => this.placed?.trainedOn(module));
    return hooksOf(this.described, plan, all, active);
  }

  /** The groups that CoTo switches, from the input up. Adapters outside the layers (the head's) belong to none: always on. */
  groups(granularity: 'layer' | 'module'): readonly AdapterGroup[] {
    return adapterGroups(this.adapter?.adapted ?? new Map(), granularity);
  }

  /**
   * Switches groups: mask[i] 0 turns groups[i] off. null: everything on.
   * @param gates factor on the updates of groups[i]; null: 1.
   */
  setActive(groups: readonly AdapterGroup[], mask: Uint8Array | null, gates: Float32Array | null = null): void {
    this.placed?.setActive(groups, mask, gates);
  }

  /** Groups that are trained, though all stay on: mask[i] 0 freezes groups[i]. null: everything is trained. */
  setTrained(groups: readonly AdapterGroup[], mask: Uint8Array | null): void {
    this.placed?.setTrained(groups, mask);
  }

  adaptedModules(): TrainedModule[] {
    return [...this.loaded().device.adapted.values()];
  }

  /** The lowest layer with something trained and on: layerCount if only the head is, 0 if something below the layers is. */
  lowestActiveLayer(): number {
    const { layerCount } = this.base;
    const layerOf = (module: LinearModule) => module.layer ?? (isBelowLayers(module) ? 0 : layerCount);
    return Math.min(layerCount, ...(this.placed?.trainedModules() ?? []).map(layerOf));
  }

  /** Returns true if a module before the layers is trained and on, so that gradients must reach it. */
  trainsBelowLayers(): boolean {
    return this.placed?.trainedModules().some(isBelowLayers) ?? false;
  }

  /**
   * Returns true if the layers below `layer`, and everything before them, run as the plain base, whatever is trained.
   */
  isPlainBelow(layer: number): boolean {
    const isBelow = (module: LinearModule) => (module.layer === null ? isBelowLayers(module) : module.layer < layer);
    return !this.placed?.activeModules().some(isBelow);
  }

  /** True if the adapter replaces biases of the base while it runs. */
  get replacesBiases(): boolean {
    return (this.adapter?.biases.length ?? 0) > 0;
  }

  /** Dropout is on in training only, and draws from `dropout`. */
  setTraining(training: boolean, dropout?: RandomStream): void {
    this.dropout.setTraining(training, dropout ?? null);
  }

  /** Layer by layer, then of what is in none, all that decides which operations a pass of training runs; null: that may vary. */
  passVariants(): UsesByLayer | null {
    const { placed } = this;
    if (placed === null || placed.isMerged || placed.residual || this.replacesBiases) return null;
    // A recording would repeat the gates of its own step.
    if (this.base.repeatsLayers || placed.gates.size > 0) return null;
    const { adapted, host } = placed.device;
    const modules = [...adapted.values()].map(({ module }) => module);
    if (!this.dropout.isEven(host, modules)) return null;
    return usesByLayer(modules, this.base.layerCount, (module) => placed.useOf(module));
  }

  /** Runs a pass of these variants; of its dropout, if there is any, the seeds are drawn before. Null: they cannot be. */
  withSeeds<Result>(uses: UsesByLayer, isByName: boolean, run: (seeds: PassSeeds | null) => Result): Result | null {
    const { adapter } = this;
    if (adapter === null || !this.dropout.dropsInputs(adapter.host)) return run(null);
    return this.dropout.withSeeds(uses, isByName, run);
  }

  /** Runs and tells of each linear that has an adapter, whether it is on or not. */
  watching<Result>(watcher: LinearWatcher, run: () => Result): Result {
    this.watcher = watcher;
    try {
      return run();
    } finally {
      this.watcher = null;
    }
  }

  get headTask(): string | null {
    return this.adapter?.host.config.task_type ?? null;
  }

  get taped(): boolean {
    return isTaping();
  }

  linear(module: LinearModule, x: tf.Tensor2D, options: LinearOptions = {}): tf.Tensor2D {
    const watcher = this.adapter?.adapted.has(module.name) ? this.watcher : null;
    watcher?.enter(module);
    const result = this.linearNow(module, x, options);
    watcher?.leave(module, result);
    return result;
  }

  private linearNow(module: LinearModule, x: tf.Tensor2D, options: LinearOptions): tf.Tensor2D {
    const { placed } = this;
    const whole = placed?.device.whole.get(module.name);
    const tokens = this.trainedRows(module);
    const adapted = placed?.activeOn(module);
    this.refuseBelowTape(module, whole !== undefined || tokens !== null);
    if (whole) return trainedLinear(x, whole.weight, whole.bias, options);
    if (tokens) return trainedTokensLinear(x, this.frozenNow(module), tokens, options);
    if (!placed || !adapted) return frozenLinear(x, this.frozenNow(module), options);
    const masks = this.dropout.masks(placed.device.host, module, x.shape, adapted.rank);
    if (masks === null) return frozenLinear(x, this.frozenNow(module), options);
    const own = placed.residual?.optionsFor(module, x, options) ?? options;
    return placed.forward(x, adapted, { ...own, ...masks });
  }

  embedding(module: LinearModule, ids: tf.Tensor1D, scale = 1): tf.Tensor2D {
    return this.dropout.noisy(module, this.embeddingNow(module, ids), scale);
  }

  private embeddingNow(module: LinearModule, ids: tf.Tensor1D): tf.Tensor2D {
    const whole = this.adapter?.whole.get(module.name);
    const tokens = this.adapter?.tokens.get(module.name);
    const adapted = this.placed?.activeOn(module);
    this.refuseBelowTape(module, whole !== undefined || tokens !== undefined);
    if (whole) return gatherRows(whole.weight, ids);
    if (tokens) return trainedTokensEmbedding(ids, this.frozenNow(module), tokens);
    if (!this.adapter || !adapted) return tf.gather(this.frozenNow(module).weight, ids);
    const { embedding } = this.adapter.host.variant;
    if (embedding === undefined) throw new Error(`${module.name} is an embedding, which its adapter cannot adapt`);
    return embedding(ids, this.base.frozenWeight(module), adapted);
  }

  isPlain(module: LinearModule): boolean {
    if (this.adapter?.whole.has(module.name) || this.adapter?.tokens.has(module.name)) return false;
    return !this.placed?.mergedOn(module) && !this.placed?.activeOn(module);
  }

  trainedRows({ name }: LinearModule): TrainedRows | null {
    const tokens = this.adapter?.tokens.get(name);
    return tokens ? { rows: tokens.rows, replaced: tokens.columns } : null;
  }

  product(module: LinearModule): LinearProduct | null {
    if (this.dropout.isTraining || this.adapter?.tokens.has(module.name)) return null;
    const whole = this.adapter?.whole.get(module.name);
    if (whole) return { weight: whole.weight, bias: whole.bias, isFrozen: false, factors: null, bfloat16: false };
    const adapter = this.placed?.activeOn(module) ? this.placed : null;
    const factors = adapter && this.loraFactors(module);
    if (adapter && factors === null) return null;
    const { weight, bias, bfloat16 } = adapter?.frozenUnder(module) ?? this.frozenNow(module);
    return { weight, bias, bfloat16, isFrozen: true, factors };
  }

  /** The factors of LoRA on the base's own weight, if that is all that the module is now; null where it is more. */
  loraFactors(module: LinearModule): { a: tf.Tensor; b: tf.Tensor; scaling: number } | null {
    const adapted = this.placed?.activeOn(module);
    if (!this.placed || !adapted || this.placed.residual) return null;
    const { host, whole } = this.placed.device;
    if (whole.has(module.name) || this.dropout.dropsInputs(host)) return null;
    const factors = host.variant.loraFactors?.(adapted) ?? null;
    return factors && { ...factors, scaling: (this.placed.gates.get(module.name) ?? 1) * factors.scaling };
  }

  /** Every output by its name, as `BaseModel` gives them; the caller disposes them. */
  outputs(inputs: ModelInputs): Readonly<Record<string, tf.Tensor>> {
    return tf.tidy(() => {
      const named = this.onBase(() => this.base.outputs?.(inputs, this));
      if (named) return { ...named };
      const logits = this.forward(inputs);
      const isOfTokens = labelHead(withTaskHead(this.base.description, this.headTask)) === undefined;
      const tokens = isOfTokens ? inputs['input_ids'] : undefined;
      return { logits: tokens ? tf.reshape(logits, [...tokens.shape, -1]) : logits };
    });
  }

  /**
   * Computes a language model's logits [batch, vocabulary] after each row's last token (padding is on the left);
   * `cache` stores the state for later calls. The caller disposes the logits.
   */
  nextLogits(inputs: ModelInputs, cache: KeyValueCache): tf.Tensor2D {
    return tf.tidy(() => {
      const states = this.states(inputs, cache);
      const { batch, tokens } = states;
      const last = Int32Array.from({ length: batch }, (_, row) => (row + 1) * tokens - 1);
      const hidden = tokens === 1 ? states.hidden : tf.gather(states.hidden, tf.tensor1d(last, 'int32'));
      return this.head({ ...states, hidden, tokens: 1 });
    });
  }

  /** An empty cache for `states` and `nextLogits`, of which the caller disposes. */
  newCache(): KeyValueCache {
    return new KeyValueCache();
  }

  /** The last layer's states; `cache` gives the tokens before these, and takes these up. */
  states(inputs: ModelInputs, cache?: KeyValueCache): HiddenStates {
    return tidyHiddenStates(() => {
      const embedded = this.embed(inputs, cache);
      const states = this.onBase(() => this.base.step?.(embedded, this)) ?? layersFrom(this, 0, embedded);
      cache?.advance(states.tokens);
      return states;
    });
  }

  /** The task's outputs, e.g. logits [batch, labels]; the caller disposes them. */
  forward(inputs: ModelInputs): tf.Tensor2D {
    return tf.tidy(() => this.head(layersFrom(this, 0, this.embed(inputs))));
  }

  /** Computes the modules before the layers. */
  embed(inputs: ModelInputs, cache?: KeyValueCache): HiddenStates {
    this.dropout.textLength = inputs['input_ids']?.shape[1] ?? 1;
    return tidyHiddenStates(() => this.onBase(() => this.base.embed(inputs, this, cache)));
  }

  /** Embedding and the layers below the lowest active one, outside gradient scopes: nothing is trained there (unless `trainsBelowLayers`). */
  forwardBelow(inputs: ModelInputs): HiddenStates {
    const end = this.lowestActiveLayer();
    this.belowTape = true;
    try {
      return tidyHiddenStates(() => {
        let states = this.embed(inputs);
        for (let index = 0; index < end; index++) states = this.layer(index, states);
        return states;
      });
    } finally {
      this.belowTape = false;
    }
  }

  /** The remaining layers on what `forwardBelow` gave (which stays the caller's). */
  statesFrom(states: HiddenStates): HiddenStates {
    return tidyHiddenStates(() => layersFrom(this, this.lowestActiveLayer(), states));
  }

  /** One of the remaining layers by itself. */
  layer(index: number, states: HiddenStates): HiddenStates {
    return tidyHiddenStates(() => this.onBase(() => this.base.layer(index, states, this)));
  }

  /** The task's outputs from the last layer's states. */
  head(states: HiddenStates): tf.Tensor2D {
    return tf.tidy(() => this.onBase(() => this.base.head(states, this)));
  }

  /** The head and the mean loss over the labels, on the last layer's states. */
  loss(states: HiddenStates, labels: tf.Tensor1D, form: LabelForm = plainForm): tf.Scalar {
    return tf.tidy(
      () =>
        this.onBase(() => this.base.loss?.(states, labels, this, form)) ?? labelLossOf(form, this.head(states), labels),
    );
  }

  /** The dropout's position, for `replayDropout`; null without dropout. */
  dropoutState(): readonly number[] | null {
    return this.dropout.state();
  }

  /** Runs with the masks that were drawn from `state` on; the stream itself stays where it is. */
  replayDropout<Result>(state: readonly number[] | null, run: () => Result): Result {
    return this.dropout.replay(state, run);
  }

  /**
   * Replaces the base's weights by merged ones; the forward pass then costs what the base costs. The base is left alone: a
   * head that is tied to an adapted embedding stays what it was.
   */
  async mergeIntoBase(): Promise<void> {
    await this.loaded().merge();
  }

  /** Back to the base's weights with the adapter beside them. */
  unmerge(): void {
    this.placed?.unmerge();
  }

  /** Disposes the adapter; the base stays its owner's. */
  dispose(): void {
    this.clear();
  }

  private get adapter(): DeviceAdapter | null {
    return this.placed?.device ?? null;
  }

  /** The weight that runs without an adapter: the base's own, even where the adapter uses a residual base. */
  private frozenNow(module: LinearModule): FrozenWeight {
    return this.placed?.mergedOn(module) ?? this.base.frozenWeight(module);
  }

  private refuseBelowTape(module: LinearModule, isWhole: boolean): void {
    if (this.belowTape && (isWhole || this.placed?.trainedOn(module)))
      throw new Error(`${module.name} is trained, but runs without a tape`);
  }

  /** Runs with the adapter's biases in place of the base's. */
  onBase<Result>(run: () => Result): Result {
    return this.biasSwap.run(this.adapter?.biases ?? [], run);
  }

  private loaded(): ActiveAdapter {
    if (this.placed) return this.placed;
    throw new Error('there is no adapter on the model');
  }
}
