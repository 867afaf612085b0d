import { StudioError } from '../../../src-shared/contract/errors.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { epochOrder } from '../data/epoch-order.ts';

/** Where the order of examples stands; restoring it gives the very batches that would have come next. */
export interface BatchOrderState {
  readonly epoch: number;
  /** Examples of this epoch that were handed out. */
  readonly position: number;
  /** State of the stream before this epoch was shuffled. */
  readonly epochRandomState: readonly number[];
}

/**
 * Hands out the examples of an optimizer step as micro-batches: every epoch in a new order, each example once an epoch, the
 * last micro-batch of an epoch as short as it comes, and no step across two epochs (Transformers' Trainer).
 */
export class BatchOrder {
  private readonly examples: Int32Array;
  private readonly batchSize: number;
  private readonly accumulationSteps: number;
  private random: RandomStream;
  private order: Int32Array = new Int32Array(0);
  private epochRandomState: readonly number[];
  private epoch = 0;
  private position = 0;

  constructor(examples: Int32Array, batchSize: number, accumulationSteps: number, random: RandomStream) {
    if (examples.length === 0)
      throw new StudioError('invalid_input', 'The training split has no examples.', 'Choose another dataset or split.');
    this.examples = examples;
    this.batchSize = batchSize;
    this.accumulationSteps = accumulationSteps;
    this.random = random;
    this.epochRandomState = random.state();
    this.shuffle();
  }

  static stepsPerEpoch(exampleCount: number, batchSize: number, accumulationSteps: number): number {
    return Math.max(1, Math.ceil(Math.ceil(exampleCount / batchSize) / accumulationSteps));
  }

  /** Indices of the next step's micro-batches. */
  next(): Int32Array[] {
    if (this.position >= this.order.length) {
      this.epoch += 1;
      this.position = 0;
      this.epochRandomState = this.random.state();
      this.shuffle();
    }
    const batches: Int32Array[] = [];
    while (batches.length < this.accumulationSteps && this.position < this.order.length) {
      const batch = this.order.slice(this.position, this.position + this.batchSize);
      batches.push(batch);
      this.position += batch.length;
    }
    return batches;
  }

  state(): BatchOrderState {
    return { epoch: this.epoch, position: this.position, epochRandomState: this.epochRandomState };
  }

  restore(state: BatchOrderState): void {
    this.random = RandomStream.restored(state.epochRandomState);
    this.epochRandomState = state.epochRandomState;
    this.epoch = state.epoch;
    this.position = state.position;
    this.shuffle();
  }

  private shuffle(): void {
    this.order = epochOrder(this.examples.length, this.random).map((position) => this.examples[position] ?? 0);
  }
}
