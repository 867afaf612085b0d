import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { epochOrder } from '../data/epoch-order.ts';
import { groupedByLength } from '../data/group-by-length.ts';

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
  private readonly lengthOf: ((example: number) => number) | undefined;
  private random: RandomStream;
  private order: Int32Array = new Int32Array(0);
  private epochRandomState: readonly number[];
  private epoch = 0;
  private position = 0;

  /** @param lengthOf tokens of an example, to group examples of like length; absent: a plain shuffle. */
  constructor(
    examples: Int32Array,
    batchSize: number,
    accumulationSteps: number,
    random: RandomStream,
    lengthOf?: (example: number) => number,
  ) {
    if (examples.length === 0)
      throw new StudioError(
        'invalid_input',
        'The training split has no examples.',
        'Choose another dataset or split.',
      ).at('dataset');
    this.examples = examples;
    this.batchSize = batchSize;
    this.accumulationSteps = accumulationSteps;
    this.lengthOf = lengthOf;
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
    const { examples, lengthOf, batchSize, accumulationSteps } = this;
    const order = epochOrder(examples.length, this.random).map((position) => examples[position] ?? 0);
    this.order = lengthOf === undefined ? order : groupedByLength(order, lengthOf, batchSize * accumulationSteps);
  }
}

export type OrderFields = Pick<
  RunConfig,
  'group_by_length' | 'per_device_train_batch_size' | 'gradient_accumulation_steps' | 'seed'
> &
  Partial<Pick<RunConfig, 'order_seed'>>;

/** The order of a run's examples; `lengthOf` is absent where examples have no length. */
export function batchOrderOf(
  settings: OrderFields,
  examples: Int32Array,
  lengthOf: ((example: number) => number) | undefined,
): BatchOrder {
  const { group_by_length, per_device_train_batch_size: size, gradient_accumulation_steps: accumulation } = settings;
  const random = RandomStream.seeded(settings.order_seed ?? settings.seed, 'data');
  return new BatchOrder(examples, size, accumulation, random, group_by_length ? lengthOf : undefined);
}
