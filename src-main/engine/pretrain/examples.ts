import type { TaskContext } from '../contract.ts';
import type { MicroBatch } from '../training/micro-batch.ts';
import type { FullModel } from './full-model.ts';
import type { PretrainScore } from './pretraining-run.ts';

/** What a model is trained on from scratch, and how it is scored. */
export interface PretrainExamples {
  readonly count: number;
  /** One line on the data, for PROVENANCE.md. */
  readonly said: string;
  /** @param place the number of this micro-batch in the whole training: what is random about it depends on nothing else. */
  loadBatch(indices: Int32Array, place: number): Promise<MicroBatch>;
  evaluate(model: FullModel, context: TaskContext): Promise<PretrainScore>;
  close(): void;
}
