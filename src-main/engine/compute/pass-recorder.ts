import type * as tf from '@tensorflow/tfjs-core';

/** Where in a pass its operations are: forward or backward, in a layer; what follows the last layer counts as one more. */
export interface PassPlace {
  readonly layer: number;
  readonly isBackward: boolean;
  /** Of a layer that is kept linear by linear: one of them by its name, or what runs between two. Absent: all of it. */
  readonly segment?: string;
  readonly isLinear?: boolean;
}

/** A place, and all that decides which operations run there, e.g. whether its adapters are on. */
export interface PassPart extends PassPlace {
  readonly variant: string;
  /** Of a layer that is kept linear by linear: those that have an adapter, and how it is; the rest does not depend on it. */
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
   * Where the gradients are the recorder's: to be called when they are used no more. Nobody disposes of them, and the next pass
   * writes over them.
   */
  readonly giveBack?: () => void;
}

export interface PassRequest {
  /** Whose pass it is: what is kept of another's is dropped. */
  readonly owner: object;
  /** The shapes of the inputs, and whatever else all parts depend on. */
  readonly shapes: string;
  /** In the order in which they run. */
  readonly parts: readonly PassPart[];
  /** All that the pass reads and that differs from step to step, but the variables. */
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
  /** All that it may read. */
  readonly variables: Iterable<tf.Variable>;
  /** Whether the result outlives the next pass. */
  readonly isKept: boolean;
  /** Whether the gradients may be lent; not where their values are asked for, or others put in their place. Default no. */
  readonly mayLend?: boolean;
}

/** What a pass says while it runs. */
export interface PassMarks {
  /** What follows belongs to this part. */
  enter(place: PassPlace): void;
  /** The states that a layer passes on. */
  handOver(layer: number, states: tf.Tensor): void;
  /** The gradient of the states that a layer was given, where nothing further back may ask for it. */
  handBack(gradient: tf.Tensor): void;
  /** What the linear that is entered gives. */
  give(result: tf.Tensor): void;
}

/** Keeps what passes ask of a device, part by part, and asks the same again without running their code. */
export interface PassRecorder {
  /** Must run within `tf.tidy`. @param pass runs the operations. */
  run(request: PassRequest, pass: (marks: PassMarks) => PassResult): PassResult;
  /** Drops what is kept of `owner`. */
  release(owner: object): void;
}
