import type { TaskContext } from '../events.ts';
import type { MicroBatch } from '../losses/batch-loss.ts';
import type { FullModel } from './full-model.ts';
import type { PretrainScore } from './pretraining-run.ts';

/** Examples for pretraining, and their evaluation. */
export interface PretrainExamples {
  readonly count: number;
  /** One line on the data, for PROVENANCE.md. */
  readonly said: string;
  /** @param place index of the micro-batch in the whole training, which alone seeds its randomness. */
  loadBatch(indices: Int32Array, place: number): Promise<MicroBatch>;
  evaluate(model: FullModel, context: TaskContext): Promise<PretrainScore>;
  close(): void;
}
