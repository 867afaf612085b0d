/** Storage of a tensor's values: in blocks of `blockValues` values, each `blockBytes` long. */
export interface TensorType {
  /** Its number in a GGUF file; null of what such files do not have. */
  readonly id: number | null;
  readonly name: string;
  readonly blockValues: number;
  readonly blockBytes: number;
  /**
   * Whole blocks → float32 values, with every intermediate rounded to float32, as ggml and its Python package compute them.
   * `values` has blockValues for every blockBytes of `blocks`.
   */
  dequantize(blocks: Uint8Array, values: Float32Array): void;
  /**
   * Float32 values → whole blocks, as llama.cpp's and bitsandbytes' references do. Absent of types that are only read. Sizes as
   * of `dequantize`.
   */
  quantize?(values: Float32Array, blocks: Uint8Array): void;
}
