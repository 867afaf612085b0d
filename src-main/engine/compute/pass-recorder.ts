import type * as tf from '@tensorflow/tfjs-core';

/**
 * Part of a pass that an operation belongs to: forward or backward, in a layer. Operations after the last layer count
 * as another layer.
 */
export interface PassPlace {
  readonly layer: number;
  readonly isBackward: boolean;
  /**
   * Name of a linear, or the part between two linears, in a layer recorded linear by linear. Absent: the whole layer.
   */
  readonly segment?: string;
  readonly isLinear?: boolean;
}

/** A place, and all that decides which operations run there, e.g. whether its adapters are on. */
export interface PassPart extends PassPlace {
  readonly variant: string;
  /**
   * Adapted linears of a layer recorded linear by linear, with the state of each adapter; the others do not depend on
   * it.
   */
  readonly linears?: ReadonlyMap<string, AdapterUse>;
  /** No layer further back is asked for: what comes behind the last linear that is trained is left out. */
  readonly isLast?: boolean;
}

/** The adapter of a linear is trained, on without that, or off. */
export type AdapterUse = 't' | 'o' | '-';

/** A scalar (of several runs one a run), and the gradients of the variables that it depends on, by name. */
export interface PassResult {
  readonly value: tf.Tensor;
  readonly gradients: ReadonlyMap<string, tf.Tensor>;
  /**
   * Call once the gradients, which are the recorder's, are no longer needed. Callers do not dispose of them; the next
   * pass overwrites them.
   */
  readonly giveBack?: () => void;
}

export interface PassRequest {
  /** Owner of the pass: recordings of another owner are dropped. */
  readonly owner: object;
  /** The shapes of the inputs, and whatever else all parts depend on. */
  readonly shapes: string;
  /** In the order in which they run. */
  readonly parts: readonly PassPart[];
  /** All that the pass reads and that differs from step to step, but the variables. */
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
  /** All that it may read. */
  readonly variables: Iterable<tf.Variable>;
  /** True if the result outlives the next pass. */
  readonly isKept: boolean;
  /** True if the gradients may be lent; not allowed if their values are read or replaced. Default no. */
  readonly mayLend?: boolean;
}

/** Notifications of a pass while it runs. */
export interface PassMarks {
  /** Marks the start of this part. */
  enter(place: PassPlace): void;
  /** The states that a layer passes on. */
  handOver(layer: number, states: tf.Tensor): void;
  /** The gradient of the states that a layer was given, where nothing further back may ask for it. */
  handBack(gradient: tf.Tensor): void;
  /** Reports the output of the linear that was entered. */
  give(result: tf.Tensor): void;
}

/** Keeps what passes ask of a device, part by part, and asks the same again without running their code. */
export interface PassRecorder {
  /** Must run within `tf.tidy`. @param pass runs the operations. */
  run(request: PassRequest, pass: (marks: PassMarks) => PassResult): PassResult;
  /** Drops what is kept of `owner`. */
  release(owner: object): void;
}
