import * as tf from '@tensorflow/tfjs-core';
import type { LinearModule } from '../../../../src-shared/domain/models/model.ts';
import { AdaptedModel } from '../../adapters/model/adapted-model.ts';
import type { AdapterGroup } from '../../adapters/passes/adapter-groups.ts';
import { stateTensors } from '../../adapters/passes/tidy-hidden-states.ts';
import type { AdapterState } from '../../adapters/variant/state.ts';
import type { BaseModel, HiddenStates, ModelInputs } from '../../models/base-model.ts';
import { type KeyValueCache, type LayerCache, layerCacheTensors } from '../../models/key-value-cache.ts';
import type { LinearOptions } from '../../ops/linear/linear-options.ts';

/** The output of a layer. */
interface Level {
  /** A flag for each adapted module of the layer: 1 is on. */
  readonly flags: string;
  readonly hidden: tf.Tensor2D;
  readonly tokens: number;
  readonly batch: number;
  /** The layer's part of the cache that the pass fills. */
  readonly cached: LayerCache | null;
}

/** One forward pass over the batch: its embedding, and a level for each layer of the last mask. */
interface Pass {
  readonly embedded: HiddenStates;
  readonly levels: Level[];
}

/**
 * An adapter on its base, of which only some modules are on. Masks over ordered layers form a tree: two masks that
 * agree up to a layer have the same states up to there. The model keeps the states of every layer of the last mask, and
 * the next mask starts where it differs, so that masks in `inTreeOrder` cost one evaluation for each node of the tree.
 *
 * A batch may take several forward passes, which every mask repeats in the same order.
 */
export class MaskedModel extends AdaptedModel {
  /** Layers that were run. */
  layerEvaluations = 0;
  /** Multiplications of the linears: before the layers, in each layer, in the head. */
  readonly multiplications: Float64Array;
  /** Names of all adapted modules. */
  readonly moduleNames: readonly string[];
  /** Every module of the adapter by itself. */
  private readonly switches: readonly AdapterGroup[];
  /** Names of the adapted modules: those outside the layers, then those of each layer. */
  private readonly namesByPlace: readonly (readonly string[])[];
  private flags: readonly string[] = [];
  private readonly maxBytes: number;
  /** Null: what it would keep is too much. */
  private passes: (Pass | null)[] = [];
  private pass = 0;
  private place = 0;

  /**
   * @param maxBytes of states; passes of a batch beyond it share nothing
   * @throws StudioError refused where the adapter does not fit the base
   */
  constructor(base: BaseModel, state: AdapterState, maxBytes = Number.POSITIVE_INFINITY) {
    super(base);
    this.maxBytes = maxBytes;
    this.loadState(state);
    const modules = this.adaptedModules().map(({ module }) => module);
    this.moduleNames = modules.map(({ name }) => name);
    this.switches = modules.map(({ name, layer }) => ({
      name,
      layer: layer ?? -1,
      modules: [name],
      variableNames: [],
    }));
    this.namesByPlace = Array.from({ length: base.layerCount + 1 }, (_, place) =>
      modules.flatMap(({ name, layer }) => ((layer ?? -1) === place - 1 ? name : [])),
    );
    this.multiplications = new Float64Array(base.layerCount + 2);
  }

  /** Switches off every module that is not in `on`; the passes over the batch start again. */
  show(on: ReadonlySet<string>): void {
    const mask = Uint8Array.from(this.switches, ({ name }) => (on.has(name) ? 1 : 0));
    this.setActive(this.switches, mask);
    const flags = this.flagsByPlace(on);
    // A module outside the layers may be met in any part of the pass.
    if (flags[0] !== this.flags[0]) this.endBatch();
    this.flags = flags;
    this.pass = 0;
  }

  /** Equal for sets in which the same modules are on. */
  flagsOf(on: ReadonlySet<string>): string {
    return this.flagsByPlace(on).join('');
  }

  /** Positions of the sets of modules, so that those with equal states up to a layer follow each other. */
  inTreeOrder(sets: readonly ReadonlySet<string>[]): number[] {
    const keys = sets.map((on) => this.flagsByPlace(on));
    return [...sets.keys()].sort((one, other) => {
      for (const [place, flags] of (keys[one] ?? []).entries()) {
        const second = keys[other]?.[place] ?? '';
        if (flags !== second) return flags < second ? -1 : 1;
      }
      return one - other;
    });
  }

  /** Frees the states of the batch: other examples follow. */
  endBatch(): void {
    for (const pass of this.passes) {
      for (const level of pass?.levels ?? []) disposeLevel(level);
      if (pass) tf.dispose(stateTensors(pass.embedded));
    }
    this.passes = [];
    this.pass = 0;
  }

  /** Bytes of the states that are kept for the batch. */
  keptBytes(): number {
    const tensors = this.passes.flatMap((pass) => [
      ...(pass ? stateTensors(pass.embedded) : []),
      ...(pass?.levels ?? []).flatMap(({ hidden, cached }) => [hidden, ...(cached ? layerCacheTensors(cached) : [])]),
    ]);
    return tensors.reduce((bytes, { size }) => bytes + 4 * size, 0);
  }

  override linear(module: LinearModule, x: tf.Tensor2D, options?: LinearOptions): tf.Tensor2D {
    const products = x.shape[0] * module.inFeatures * module.outFeatures;
    this.multiplications[this.place] = (this.multiplications[this.place] ?? 0) + products;
    return super.linear(module, x, options);
  }

  /** Every layer runs by itself: its products are counted, and its states kept. */
  override product(): null {
    return null;
  }

  override embed(inputs: ModelInputs, cache?: KeyValueCache): HiddenStates {
    this.place = 0;
    return super.embed(inputs, cache);
  }

  override layer(index: number, states: HiddenStates): HiddenStates {
    this.place = index + 1;
    this.layerEvaluations++;
    return super.layer(index, states);
  }

  override head(states: HiddenStates): tf.Tensor2D {
    this.place = this.base.layerCount + 1;
    return super.head(states);
  }

  override forward(inputs: ModelInputs): tf.Tensor2D {
    return tf.tidy(() => this.head(this.states(inputs)));
  }

  override states(inputs: ModelInputs, cache?: KeyValueCache): HiddenStates {
    const pass = this.nextPass(inputs, cache);
    if (pass === null) return super.states(inputs, cache);
    const { embedded, levels } = pass;
    const differing = levels.findIndex(({ flags }, layer) => flags !== this.flags[layer + 1]);
    const shared = differing < 0 ? levels.length : differing;
    for (const level of levels.splice(shared)) disposeLevel(level);
    for (const [layer, { cached }] of levels.entries()) if (cached) cache?.giveLayer(layer, cached);
    let current = statesAfter(embedded, levels.at(-1), cache);
    for (let index = shared; index < this.base.layerCount; index++) {
      const { hidden, tokens, batch } = this.layer(index, current);
      const cached = cache?.takeLayer(index) ?? null;
      levels.push({ flags: this.flags[index + 1] ?? '', hidden: tf.keep(hidden), tokens, batch, cached });
      current = statesAfter(embedded, levels.at(-1), cache);
    }
    cache?.advance(embedded.tokens);
    return clonedStates(current);
  }

  override dispose(): void {
    this.endBatch();
    super.dispose();
  }

  private nextPass(inputs: ModelInputs, cache: KeyValueCache | undefined): Pass | null {
    const place = this.pass++;
    const known = this.passes[place];
    if (known !== undefined) return known;
    const embedded = this.embed(inputs, cache);
    const expected = 4 * embedded.hidden.size * (this.base.layerCount + 1);
    if (this.keptBytes() + expected > this.maxBytes) {
      tf.dispose(stateTensors(embedded));
      this.passes[place] = null;
      return null;
    }
    for (const tensor of stateTensors(embedded)) tf.keep(tensor);
    const made = { embedded, levels: [] };
    this.passes[place] = made;
    return made;
  }

  private flagsByPlace(on: ReadonlySet<string>): string[] {
    return this.namesByPlace.map((names) => names.map((name) => (on.has(name) ? '1' : '0')).join(''));
  }
}

/** The states after the last level, with the cache of this pass. */
function statesAfter(embedded: HiddenStates, level: Level | undefined, cache: KeyValueCache | undefined): HiddenStates {
  const { hidden, batch, tokens } = level ?? embedded;
  const context = embedded.context && { ...embedded.context, cache };
  return { hidden, batch, tokens, context };
}

/** The caller of a pass disposes its states with everything that belongs to them. */
function clonedStates({ hidden, batch, tokens, context }: HiddenStates): HiddenStates {
  const { rotaries, mask, tensors } = context ?? {};
  return {
    hidden: tf.clone(hidden),
    batch,
    tokens,
    context: context && {
      ...context,
      rotaries: rotaries?.map(({ cos, sin }) => ({ cos: tf.clone(cos), sin: tf.clone(sin) })),
      mask: mask && tf.clone(mask),
      tensors: tensors && Object.fromEntries(Object.entries(tensors).map(([name, one]) => [name, tf.clone(one)])),
    },
  };
}

function disposeLevel({ hidden, cached }: Level): void {
  hidden.dispose();
  if (cached) tf.dispose(layerCacheTensors(cached));
}
