/** How a tensor's values are stored in a GGUF file: in blocks of `blockValues` values, each `blockBytes` long. */
export interface TensorType {
  /** Its number in the file. */
  readonly id: number;
  readonly name: string;
  readonly blockValues: number;
  readonly blockBytes: number;
  /**
   * Whole blocks → float32 values, with every intermediate rounded to float32, as ggml and its Python package compute them.
   * `values` has blockValues for every blockBytes of `blocks`.
   */
  dequantize(blocks: Uint8Array, values: Float32Array): void;
}
