import { type Handle, type KernelFunctions, kernelNames, type OptionalHandle } from './kernel-calls.generated.ts';

export type TensorValues = Float32Array | Int32Array | Uint8Array;

/** Values of a matrix for LAPACK, row-major. */
export type Floats = Float32Array | Float64Array;

/** The compiled addon: its kernels (called through NativeKernels), and memory and threads (cpp/addon.cc). */
export interface NativeAddon extends KernelFunctions {
  /** Handle of a new tensor of so many bytes, undefined values. Throws with the code `out_of_memory`. */
  allocate(bytes: number): Handle;
  /** Handle of a part of a tensor's bytes, without a copy; it is released before the tensor is. */
  view(handle: Handle, offset: number, bytes: number): Handle;
  /**
   * Handle of bytes of an open file without a copy, read-only and valid after the file is closed; 0 where they cannot be mapped. A
   * later call throws with the code `file_lost` if the file has lost some of them.
   */
  map(descriptor: number, offset: number, bytes: number): OptionalHandle;
  release(handle: Handle): void;
  write(handle: Handle, values: TensorValues): void;
  read(handle: Handle, into: TensorValues): void;
  /** Live tensors, live bytes, bytes allocated in total, peak live bytes, new blocks. */
  statistics(): number[];
  /** Returns all free blocks to the system. */
  trim(): void;
  resetPeak(): void;
  /** 0: limited only by free memory. */
  setMemoryLimit(bytes: number): void;
  threads(): number;
  setThreads(count: number): void;
  /** Description of the libraries and instruction sets in use. */
  describe(): string;
}

/** LAPACK by the addon (cpp/lapack.cc). An addon that was built before it is of use without. */
export interface LapackFunctions {
  /** True if a LAPACK library could be loaded, which the first call of it does. */
  hasLapack(): boolean;
  /** Name and version of the LAPACK library, or why there is none. */
  describeLapack(): string;
  /** matrix = u [rows, k] · s [k] · vt [k, columns]. Like the routines below, false where LAPACK cannot compute it. */
  svd(rows: number, columns: number, matrix: Floats, u: Float64Array, s: Float64Array, vt: Float64Array): boolean;
  /** matrix = q [rows, k] · r [k, columns]. */
  qr(rows: number, columns: number, matrix: Floats, q: Float64Array, r: Float64Array): boolean;
  /** Eigenvalues, ascending, and vectors of a symmetric matrix, of which the lower triangle is read. */
  symmetricEigen(rows: number, columns: number, matrix: Floats, values: Float64Array, vectors: Float64Array): boolean;
  /** right · matrix⁻¹ of a symmetric positive definite matrix, of which the lower triangle is read. */
  solveSymmetric(
    rows: number,
    columns: number,
    matrix: Floats,
    rightRows: number,
    rightColumns: number,
    right: Floats,
    result: Float64Array,
  ): boolean;
  /** a [rows, inner] · b [inner, columns]. */
  multiplyDoubles(
    rows: number,
    inner: number,
    a: Floats,
    innerOfB: number,
    columns: number,
    b: Floats,
    result: Float64Array,
  ): boolean;
}

const otherNames: readonly Exclude<keyof NativeAddon, keyof KernelFunctions>[] = [
  'allocate',
  'view',
  'map',
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
];

/** Names of these functions, as keys: one of them is also the id of a method. */
const lapackFunctions: Readonly<Record<keyof LapackFunctions, true>> = {
  hasLapack: true,
  describeLapack: true,
  svd: true,
  qr: true,
  symmetricEigen: true,
  solveSymmetric: true,
  multiplyDoubles: true,
};

/** Returns true if a loaded module is this version of the addon, with every function. */
export function isNativeAddon(value: unknown): value is NativeAddon {
  return (
    typeof value === 'object' &&
    value !== null &&
    [...kernelNames, ...otherNames].every((name) => typeof Reflect.get(value, name) === 'function')
  );
}

/** Returns true if an addon has LAPACK's functions. The library that computes them may be missing. */
export function offersLapack(addon: object): addon is LapackFunctions {
  return Object.keys(lapackFunctions).every((name) => typeof Reflect.get(addon, name) === 'function');
}
