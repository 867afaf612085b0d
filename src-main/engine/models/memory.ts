/** Texts that nobody said the length of are taken to be this long. */
export const usualTokens = 512;

/** What the adapters of a run do to the memory of a model's layers. Linears go by their names in the model. */
export interface AdapterPresence {
  has(linear: string): boolean;
  /**
   * Numbers of values of the float32 tensors that a linear's adapter keeps beside its input; none where it has none.
   */
  kept(linear: string, sizes: { readonly rows: number; readonly inputs: number; readonly outputs: number }): number[];
}

/** float32 tensors of one layer in a training step, each by its number of values. */
export interface LayerMemory {
  /** What flows into the layer: kept with gradient checkpointing too. */
  readonly input: number;
  /** Kept from the forward pass on until the backward pass has left the layer, the input apart. */
  readonly kept: readonly number[];
  /** There besides while the layer runs forward, its output included. */
  readonly working: readonly number[];
}

/** How much a model's training step keeps, for the memory estimate: a family says it once for all its models. */
export interface ModelMemory {
  /** Values of a batch's inputs and what stands beside the layers all the time. */
  inputs(batch: number): readonly number[];
  /** Layer `index` on a batch. */
  layer(index: number, batch: number, adapters: AdapterPresence): LayerMemory;
  /** The head, the logits and their gradients, of `outputs` outputs an example. */
  head(batch: number, outputs: number): readonly number[];
}
