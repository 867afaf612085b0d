/**
 * One micro-batch on the host. `labels` are the targets of the rows of outputs: class ids, or the token after each token of
 * a text; −100 to ignore.
 */
export interface MicroBatch {
  readonly inputs: Readonly<Record<string, { shape: readonly number[]; data: Float32Array | Int32Array }>>;
  readonly labels: Int32Array;
  /** Of texts, 1 for each label that only ends an answer. */
  readonly ends?: Uint8Array;
  /** Number of examples; by default one per label. */
  readonly examples?: number;
  /** Targets of outputs that are not classes; `labels` is empty then. */
  readonly targets?: Targets;
}

/** Row by row, one value per output of the head. `label-sets`: 1 if a label applies, else 0. */
export interface Targets {
  readonly kind: 'label-sets' | 'numbers';
  readonly values: Float32Array;
  readonly width: number;
}
