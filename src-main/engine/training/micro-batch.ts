/**
 * One micro-batch on the host. `labels` are what the outputs' rows should name: class ids below the head's label count, or the
 * token that follows each token of a text; −100 where nothing is asked.
 */
export interface MicroBatch {
  readonly inputs: Readonly<Record<string, { shape: readonly number[]; data: Float32Array | Int32Array }>>;
  readonly labels: Int32Array;
  /** Left out where each label is of an example of its own. */
  readonly examples?: number;
  /** What the outputs should be where they name no classes; `labels` is empty then. */
  readonly targets?: Targets;
}

/** Row after row, as many values as the head gives. `label-sets`: 1 where a label holds, else 0. */
export interface Targets {
  readonly kind: 'label-sets' | 'numbers';
  readonly values: Float32Array;
  readonly width: number;
}
