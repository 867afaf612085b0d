import * as tf from '@tensorflow/tfjs-core';
import type { LinearModule } from '../../../../src-shared/domain/models/model.ts';
import { isTaping } from '../../compute/tfjs-internals.ts';
import type { BaseModel, HiddenStates, LinearRunner, ModelInputs } from '../../models/base-model.ts';
import { frozenLinear } from '../../ops/index.ts';
import { joinRows, rowBlocks } from '../../ops/indexing/row-blocks.ts';
import type { LinearOptions } from '../../ops/linear/linear-options.ts';
import { type LoraBlock, stackedLoraLinear } from '../../ops/linear/stacked-lora-linear.ts';
import type { AdaptedModel } from '../model/adapted-model.ts';
import type { DifferentiableModel } from '../model/trainable-model.ts';
import { layersFrom } from '../passes/run-layers.ts';
import { stateTensors, tidyHiddenStates } from '../passes/tidy-hidden-states.ts';
import { joinStates, splitStates } from './stack-states.ts';

/** One adapter on the base, and how many examples of a stack are its own. */
export interface StackPart {
  readonly model: AdaptedModel;
  readonly examples: number;
}

interface PlacedPart extends StackPart {
  /** Its lowest active layer; the number of layers if only its head is trained. */
  readonly entry: number;
}

/** The dropout streams of the parts, in their order. */
type DropoutStates = readonly (readonly number[] | null)[];

/**
 * Several adapters on one base, each on its own examples of one batch: the rows of all go through a frozen linear, a norm or
 * attention together, and through the adapters block by block. A part enters the tape at its own lowest active layer; below
 * that it runs as the base does, and parts with the same inputs share one run of it.
 */
export class StackedModel implements LinearRunner, DifferentiableModel<DropoutStates> {
  readonly base: BaseModel;
  /** In the order of the inputs. */
  private given: readonly PlacedPart[] = [];
  /** From the lowest entry up; of one entry, as given. */
  private parts: readonly PlacedPart[] = [];
  private sharesInputs = false;
  /** Parts whose rows the linears receive. */
  private running: readonly PlacedPart[] = [];
  /** The states with which parts enter the tape, by their entry. */
  private entries: ReadonlyMap<number, HiddenStates> = new Map();

  constructor(base: BaseModel) {
    this.base = base;
  }

  /** Returns the reason why an adapter cannot be in a stack; null: it can. Every group of it must be on. */
  static obstacle(model: AdaptedModel): string | null {
    if (model.base.mixesExamples) return 'the base mixes the examples of a batch';
    if (model.trainsBelowLayers()) return 'it trains what comes before the layers';
    return model.replacesBiases ? "it replaces the base's biases" : null;
  }

  /**
   * Sets the parts of the next pass, whose examples lie in this order in the inputs.
   * @param sameInputs whether all parts have the same inputs. They are then given once, if `sharesInputs` says so.
   */
  setParts(parts: readonly StackPart[], sameInputs: boolean): void {
    this.given = parts.map((part) => ({ ...part, entry: part.model.lowestActiveLayer() }));
    this.parts = [...this.given].sort((one, other) => one.entry - other.entry);
    this.sharesInputs = sameInputs && this.given.every(({ model, entry }) => model.isPlainBelow(entry));
    this.entries = new Map();
  }

  /** True if the inputs have one part's examples, which all parts share. */
  get takesInputsOnce(): boolean {
    return this.sharesInputs;
  }

  trainsBelowLayers(): boolean {
    return false;
  }

  lowestActiveLayer(): number {
    return this.parts[0]?.entry ?? this.base.layerCount;
  }

  /** Head task of all adapters: a stack is trained for one task. */
  get headTask(): string | null {
    return this.given[0]?.model.headTask ?? null;
  }

  get taped(): boolean {
    return isTaping();
  }

  linear(module: LinearModule, x: tf.Tensor2D, options: LinearOptions = {}): tf.Tensor2D {
    const blocks = this.blocks(module);
    if (blocks.every(({ model }) => model === null)) return frozenLinear(x, this.base.frozenWeight(module), options);
    const sizes = blocks.map(({ examples }) => (x.shape[0] * examples) / examplesOf(blocks));
    const lora = loraBlocks(blocks, sizes, module);
    if (lora !== null) return stackedLoraLinear(x, this.base.frozenWeight(module), lora, options);
    const cut = (rows: tf.Tensor2D | undefined) => rows && rowBlocks(rows, sizes);
    const [residuals, derivatives] = [cut(options.residual), cut(options.derivative)];
    const results = rowBlocks(x, sizes).map((rows, index) => {
      const own = { residual: residuals?.[index], derivative: derivatives?.[index] };
      return blocks[index]?.model?.linear(module, rows, own) ?? frozenLinear(rows, this.base.frozenWeight(module), own);
    });
    return joinRows(results);
  }

  embedding(module: LinearModule, ids: tf.Tensor1D): tf.Tensor2D {
    return tf.gather<tf.Tensor2D>(this.base.frozenWeight(module).weight, ids);
  }

  isPlain(module: LinearModule): boolean {
    return this.running.every(({ model }) => model.isPlain(module));
  }

  inBfloat16(module: LinearModule): boolean {
    return this.base.frozenWeight(module).bfloat16;
  }

  embed(inputs: ModelInputs): HiddenStates {
    return tidyHiddenStates(() => this.base.embed(inputs, this));
  }

  /**
   * Takes every part to its entry, outside gradient scopes. Returns the states of those that enter first; all live until the
   * caller's `tf.tidy` ends.
   */
  forwardBelow(inputs: ModelInputs): HiddenStates {
    const entries = new Map<number, HiddenStates>();
    tf.tidy(() => {
      let waiting = this.given;
      let states = this.base.embed(inputs, this);
      for (let index = 0; waiting.length > 0; index++) {
        const entering = waiting.filter(({ entry }) => entry === index);
        const left = waiting.filter(({ entry }) => entry !== index);
        if (entering.length > 0) {
          entries.set(index, this.pick(states, waiting, entering));
          if (left.length > 0) states = this.pick(states, waiting, left, this.sharesInputs);
        }
        waiting = left;
        const before = states;
        if (left.length > 0) states = tidyHiddenStates(() => this.run(left, index, before));
      }
      return [...entries.values()].flatMap(stateTensors);
    });
    this.entries = entries;
    const first = entries.get(this.lowestActiveLayer());
    if (first === undefined) throw new Error('a stack has no parts');
    return first;
  }

  /** The remaining layers on what `forwardBelow` gave (which stays the caller's). */
  statesFrom(states: HiddenStates): HiddenStates {
    return tidyHiddenStates(() => layersFrom(this, this.lowestActiveLayer(), states));
  }

  /** One of the remaining layers by itself; the parts that enter at it join the states. */
  layer(index: number, states: HiddenStates): HiddenStates {
    return tidyHiddenStates(() => {
      const running = this.parts.filter(({ entry }) => entry <= index);
      return this.run(running, index, this.joined(index, states));
    });
  }

  /** The last layer's states part by part. To be called within `tf.tidy`. */
  statesByPart(states: HiddenStates): { readonly part: StackPart; readonly states: HiddenStates }[] {
    const counts = this.parts.map(({ examples }) => examples);
    const all = splitStates(this.joined(this.base.layerCount, states), counts);
    return all.flatMap((own, index) => {
      const part = this.parts[index];
      return part === undefined ? [] : [{ part, states: own }];
    });
  }

  dropoutState(): DropoutStates {
    return this.parts.map(({ model }) => model.dropoutState());
  }

  replayDropout<Result>(state: DropoutStates, run: () => Result): Result {
    const nested = this.parts.reduce<() => Result>(
      (inner, { model }, index) =>
        () =>
          model.replayDropout(state[index] ?? null, inner),
      run,
    );
    return nested();
  }

  private run(running: readonly PlacedPart[], index: number, states: HiddenStates): HiddenStates {
    this.running = running;
    return this.base.layer(index, states, this);
  }

  /** The states of some of `all`; where all have the same inputs, the states are of one and serve each. */
  private pick(
    states: HiddenStates,
    all: readonly PlacedPart[],
    chosen: readonly PlacedPart[],
    once = false,
  ): HiddenStates {
    if (this.sharesInputs) return once ? states : joinStates(chosen.map(() => copied(states)));
    const counts = all.map(({ examples }) => examples);
    const byPart = splitStates(states, counts);
    return joinStates(byPart.filter((_, index) => chosen.some((part) => part === all[index])));
  }

  /** Adds the parts that enter at a layer behind those that did before. */
  private joined(index: number, states: HiddenStates): HiddenStates {
    const entering = index > this.lowestActiveLayer() ? this.entries.get(index) : undefined;
    return entering === undefined ? states : joinStates([states, entering]);
  }

  /** The running parts by what a module is to them; neighbors that run it as the base does are one block. */
  private blocks(module: LinearModule): { model: AdaptedModel | null; examples: number }[] {
    const blocks: { model: AdaptedModel | null; examples: number }[] = [];
    for (const { model, examples } of this.running) {
      const own = model.isPlain(module) ? null : model;
      const last = blocks.at(-1);
      if (last !== undefined && own === null && last.model === null) last.examples += examples;
      else blocks.push({ model: own, examples });
    }
    return blocks;
  }
}

/** The blocks, where LoRA's factors are all that their adapters are; null where one is more. */
function loraBlocks(
  blocks: readonly { readonly model: AdaptedModel | null }[],
  sizes: readonly number[],
  module: LinearModule,
): LoraBlock[] | null {
  const lora: LoraBlock[] = [];
  for (const [index, { model }] of blocks.entries()) {
    const factors = model?.loraFactors(module) ?? null;
    if (model !== null && factors === null) return null;
    lora.push({ rows: sizes[index] ?? 0, factors });
  }
  return lora;
}

function examplesOf(parts: readonly { readonly examples: number }[]): number {
  return parts.reduce((total, { examples }) => total + examples, 0);
}

/** The same states in tensors of their own, so that they may be disposed alone. */
function copied(states: HiddenStates): HiddenStates {
  return { ...states, hidden: tf.clone(states.hidden) };
}
