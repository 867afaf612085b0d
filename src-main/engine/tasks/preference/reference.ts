import * as tf from '@tensorflow/tfjs-core';
import { AdaptedModel } from '../../adapters/model/adapted-model.ts';
import { currentLikelihoods } from '../../losses/batch-loss.ts';
import type { BaseModel } from '../../models/base-model.ts';
import { answerBatch, segmentOf } from './answer-rows.ts';
import { type PreferenceExamples, rowsOf } from './examples.ts';

/** Log-likelihoods in nats of the two answers of an example: chosen and rejected, or its own and that to another prompt. */
export type ReferencePair = readonly [first: number, second: number];

/**
 * Log-likelihoods under the base, with adapters off. An example's are computed when it is first asked for, by itself, so that
 * they depend on no batch, and kept.
 */
export class Reference {
  private readonly known: Float64Array;
  private readonly examples: PreferenceExamples;
  private readonly padding: number;
  private readonly plain: () => AdaptedModel;

  constructor(examples: PreferenceExamples, base: BaseModel | null, padding: number) {
    this.examples = examples;
    this.padding = padding;
    this.known = new Float64Array(2 * examples.count).fill(Number.NaN);
    let model: AdaptedModel | null = null;
    this.plain = () => {
      if (base === null) throw new Error('there is no base to compare with');
      model ??= new AdaptedModel(base);
      return model;
    };
  }

  async of(index: number): Promise<ReferencePair> {
    if (Number.isNaN(this.known[2 * index])) this.known.set(await this.compute(index), 2 * index);
    return [this.known[2 * index] ?? Number.NaN, this.known[2 * index + 1] ?? Number.NaN];
  }

  private async compute(index: number): Promise<Float32Array> {
    const rows = rowsOf(this.examples.at(index));
    const segments = rows.map((row, at) => segmentOf(row, at, 'answer'));
    const batch = answerBatch(rows, segments, this.padding);
    const sums = tf.tidy(() => currentLikelihoods(this.plain(), batch));
    try {
      return await sums.data<'float32'>();
    } finally {
      sums.dispose();
    }
  }
}
