/** Number of tokens assumed if the length is not known. */
export const usualTokens = 512;

/** Effect of a run's adapters on the memory of the layers, by names of linears in the model. */
export interface AdapterMemory {
  has(linear: string): boolean;
  /**
   * Returns true if no product of a step uses the linear's own weight, since its adapter's forward pass computes
   * another one.
   */
  replaces(linear: string): boolean;
  /** Float32 matrices of the size of an encoded weight that adapters make while its linear runs. */
  readonly materializedWeights: number;
  /** Sizes of the float32 tensors that a linear's adapter keeps beside its input; empty without an adapter. */
  kept(linear: string, sizes: { readonly rows: number; readonly inputs: number; readonly outputs: number }): number[];
}

/** Sizes of the float32 tensors of one layer in a training step, in values. */
export interface LayerMemory {
  /** Input of the layer: kept with gradient checkpointing too. */
  readonly input: number;
  /** Tensors kept from the forward pass until the backward pass of the layer is done, without the input. */
  readonly kept: readonly number[];
  /** Additional tensors while the layer runs forward, with its output. */
  readonly working: readonly number[];
}

/** Memory of a model's training step, for the estimate; declared by the family. */
export interface ModelMemory {
  /** Sizes of a batch's inputs and of what is in memory throughout the layers. */
  inputs(batch: number): readonly number[];
  /** Memory of layer `index` on a batch. */
  layer(index: number, batch: number, adapters: AdapterMemory): LayerMemory;
  /** Memory of the head, the logits and their gradients, with `outputs` outputs per example. */
  head(batch: number, outputs: number): readonly number[];
}
