import { StudioError } from '../../../src-shared/contract/errors.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { epochOrder } from '../data/epoch-order.ts';

/** Position in the order of examples; restoring it continues with the same batches. */
export interface BatchOrderState {
  readonly epoch: number;
  /** Number of examples of this epoch already used. */
  readonly position: number;
  /** State of the random stream before the shuffle of this epoch. */
  readonly epochRandomState: readonly number[];
}

/**
 * Yields the examples of each optimizer step as micro-batches: every epoch in a new order, each example once per epoch, the
 * last micro-batch of an epoch possibly shorter, and no step across two epochs (as Transformers' Trainer).
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
