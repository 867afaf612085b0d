/**
 * The addon's kernels by name, each with its parameters as numbers in the order of cpp/kernels/kernels.h: a tensor by its
 * handle (0: none), a shape as its rank and then its sizes, a flag as 0 or 1.
 */
const kernelNames = [
  'product',
  'gainedProduct',
  'batchProduct',
  'linearCrossEntropy',
  'attention',
  'attentionGradient',
  'doraGain',
  'gainGradient',
  'gelu',
  'geluAndDerivative',
  'geluGradient',
  'gatedSilu',
  'gatedSiluGradient',
  'layerNorm',
  'layerNormGradient',
  'rmsNorm',
  'rmsNormGradient',
  'rotary',
  'softmax',
  'softmaxCrossEntropy',
  'softmaxCrossEntropyGradient',
  'clsTokens',
  'clsTokensGradient',
  'gatherRows',
  'scatterAddRows',
  'oneHot',
  'unary',
  'unaryInt32',
  'test',
  'binary',
  'binaryInt32',
  'compare',
  'compareInt32',
  'compareBool',
  'logical',
  'logicalNot',
  'select',
  'floatToInt32',
  'int32ToFloat',
  'floatToBool',
  'int32ToBool',
  'boolToFloat',
  'boolToInt32',
  'fill',
  'copy',
  'transpose',
  'slice',
  'pad',
  'tile',
  'reduce',
  'reduceInt32',
  'reduceBool',
  'argmax',
  'argmin',
  'cumulativeSum',
] as const;

type Kernels = Readonly<Record<(typeof kernelNames)[number], (...parameters: number[]) => void>>;

export type TensorValues = Float32Array | Int32Array | Uint8Array;

/** What the compiled addon exports (cpp/addon.cc, cpp/bind_products.cc, cpp/bind_kernels.cc). */
export interface NativeAddon extends Kernels {
  /** Handle of a new tensor of so many bytes, undefined values. Throws with the code `out_of_memory`. */
  allocate(bytes: number): number;
  release(handle: number): void;
  write(handle: number, values: TensorValues): void;
  read(handle: number, into: TensorValues): void;
  /** Live tensors, live bytes, bytes held in all, highest live bytes, blocks made anew. */
  statistics(): number[];
  /** Hands every free block back to the system. */
  trim(): void;
  resetPeak(): void;
  /** 0: no limit but what the machine has free. */
  setMemoryLimit(bytes: number): void;
  threads(): number;
  setThreads(count: number): void;
  /** Libraries and instruction sets in use, in words. */
  describe(): string;
  /** Whether this processor has products in bfloat16, as 0 or 1; without, asking for one throws. */
  computesBfloat16(): number;
  /** GFLOPS of the product m × k × n with a packed right-hand side, best of `rounds`. */
  measureProduct(m: number, k: number, n: number, bfloat16: number, rounds: number): number;
  /** The same of oneDNN alone, on its own threads; 0 where that cannot be told. */
  measureLibraryProduct(m: number, k: number, n: number, bfloat16: number, rounds: number): number;
  /** y, outer, [input, its bytes for one outer index, …] */
  concat(y: number, outer: number, inputs: Float64Array): void;
  /** y, count, [input, …] */
  addN(y: number, count: number, inputs: Float64Array): void;
  /** y, [x, its count, …]: the sum of the squares of each. */
  sumsOfSquares(y: number, inputs: Float64Array): void;
  /** [value, gradient, first, second, count, correction1, correction2, …] */
  adamw(
    learningRate: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    weightDecay: number,
    gradientScale: number,
    parameters: Float64Array,
  ): void;
}

const otherNames: readonly Exclude<keyof NativeAddon, keyof Kernels>[] = [
  'allocate',
  'release',
  'write',
  'read',
  'statistics',
  'trim',
  'resetPeak',
  'setMemoryLimit',
  'threads',
  'setThreads',
  'describe',
  'computesBfloat16',
  'measureProduct',
  'measureLibraryProduct',
  'concat',
  'addN',
  'adamw',
  'sumsOfSquares',
];

/** Whether a loaded module is the addon, of this very version: every function is there. */
export function isNativeAddon(value: unknown): value is NativeAddon {
  return (
    typeof value === 'object' &&
    value !== null &&
    [...kernelNames, ...otherNames].every((name) => typeof Reflect.get(value, name) === 'function')
  );
}
