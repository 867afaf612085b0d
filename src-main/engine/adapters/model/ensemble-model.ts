import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { BaseModel, HiddenStates, ModelInputs } from '../../models/base-model.ts';
import { KeyValueCache } from '../../models/key-value-cache.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import { tidyHiddenStates } from '../passes/tidy-hidden-states.ts';
import type { AdapterState } from '../variant/state.ts';
import { AdaptedModel } from './adapted-model.ts';

/** Passes with which language models are scored and texts are written: of one adapter, or of an ensemble. */
export type LanguageModel = Pick<AdaptedModel, 'base' | 'states' | 'head' | 'nextLogits' | 'newCache'> & {
  /** Called before texts are scored, with the labels of their tokens, so that a model that reads prompts reads no answer. */
  readonly announce?: (inputs: Readonly<Record<string, HostTensor>>, labels: Int32Array) => void;
};

/** An adapter of an ensemble with its part in the mean. */
export interface EnsembleMember {
  readonly state: AdapterState;
  /** Zero or more; the weights are divided by their sum. */
  readonly weight: number;
}

/** Logarithm that stands for a probability of zero, which may not be infinite: differences would be NaN. */
const lowest = -1e30;

/**
 * Several adapters on one base as one language model: its next-token probabilities are the weighted mean of theirs,
 * p(token | text) = Σ wᵢ·pᵢ(token | text) / Σ wᵢ. Its logits are the logarithms of these.
 */
export class EnsembleModel implements LanguageModel {
  readonly base: BaseModel;
  readonly members: readonly AdaptedModel[];
  private readonly shares: readonly number[];

  /** @throws StudioError invalid_input where weights are negative or all zero */
  constructor(base: BaseModel, members: readonly EnsembleMember[]) {
    this.base = base;
    const shares = ensembleShares(members.map(({ weight }) => weight));
    // A member without a share costs a pass and changes nothing.
    const used = members.flatMap(({ state }, at) => ((shares[at] ?? 0) > 0 ? [{ state, share: shares[at] ?? 0 }] : []));
    this.shares = used.map(({ share }) => share);
    this.members = used.map(({ state }) => {
      const model = new AdaptedModel(base);
      model.loadState(state);
      return model;
    });
  }

  newCache(): KeyValueCache {
    return new EnsembleCache(this.members.map((member) => member.newCache()));
  }

  /** The members' last states beside each other, [batch · tokens, members · hiddenSize]. */
  states(inputs: ModelInputs, cache?: KeyValueCache): HiddenStates {
    const caches = cache instanceof EnsembleCache ? cache.members : [];
    return tidyHiddenStates(() => {
      const all = this.members.map((member, at) => member.states(inputs, caches[at]));
      const [first] = all;
      if (first === undefined) throw new RangeError('An ensemble needs at least one member.');
      return {
        ...first,
        hidden: tf.concat(
          all.map(({ hidden }) => hidden),
          1,
        ),
      };
    });
  }

  /** Logarithms of the mean probabilities, [rows, vocabulary]. */
  head(states: HiddenStates): tf.Tensor2D {
    return tf.tidy(() => {
      const parts = tf.split<tf.Tensor2D>(states.hidden, this.members.length, 1);
      return this.mean(this.members.map((member, at) => member.head({ ...states, hidden: partAt(parts, at) })));
    });
  }

  nextLogits(inputs: ModelInputs, cache: KeyValueCache): tf.Tensor2D {
    const caches = cache instanceof EnsembleCache ? cache.members : [];
    return tf.tidy(() =>
      this.mean(this.members.map((member, at) => member.nextLogits(inputs, caches[at] ?? member.newCache()))),
    );
  }

  dispose(): void {
    for (const member of this.members) member.dispose();
  }

  /** Returns log Σ shareᵢ·softmax(logitsᵢ) of each row. */
  private mean(logits: readonly tf.Tensor2D[]): tf.Tensor2D {
    const logs = logits.map((own) => tf.maximum(tf.logSoftmax(own), lowest));
    const highest = logs.reduce((most, own) => tf.maximum(most, own));
    const sum = tf.addN(logs.map((own, at) => tf.mul(tf.exp(tf.sub(own, highest)), this.shares[at] ?? 0)));
    return tf.add(tf.log(sum), highest);
  }
}

/** Parts of an ensemble by the members' weights, which add up to 1. @throws StudioError invalid_input where weights are negative or all zero */
export function ensembleShares(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total > 0 && weights.every((weight) => weight >= 0)) return weights.map((weight) => weight / total);
  throw new StudioError(
    'invalid_input',
    `The weights of an ensemble are ${weights.join(', ')}, but they must be zero or more, and at least one positive.`,
    'Give every adapter a weight of 1 for the plain mean.',
  ).at('weights');
}

/** One cache for each member, which read the same tokens. */
class EnsembleCache extends KeyValueCache {
  readonly members: readonly KeyValueCache[];

  constructor(members: readonly KeyValueCache[]) {
    super();
    this.members = members;
  }

  override get length(): number {
    return this.members[0]?.length ?? 0;
  }

  override get bytes(): number {
    return this.members.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  override repeated(times: number): EnsembleCache {
    return new EnsembleCache(this.members.map((member) => member.repeated(times)));
  }

  override keep(rows: readonly number[], skipped: number): void {
    for (const member of this.members) member.keep(rows, skipped);
  }

  override dispose(): void {
    for (const member of this.members) member.dispose();
  }
}

function partAt(parts: readonly tf.Tensor2D[], at: number): tf.Tensor2D {
  const part = parts[at];
  if (part === undefined) throw new RangeError(`An ensemble has no member ${at}.`);
  return part;
}
