import { readSync } from 'node:fs';
import { binary } from './value-kernels/values-binary.ts';

/** Stored float types that are read and widened here, with their sizes in bytes. */
const floatBytes: ReadonlyMap<string, number> = new Map([
  ['F32', 4],
  ['F16', 2],
  ['BF16', 2],
]);

const kernelNames: ReadonlyMap<string, string> = new Map([
  ['F32', 'float32'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
]);

/** Chunk size: values are checked and widened while they are in the cache. */
const chunkBytes = 2 ** 20;
const pageBytes = 2 ** 16;
/** Memory layout: the stack of the kernels in the first page, then the chunk, then the values. */
const chunkAddress = pageBytes;
const valuesAddress = chunkAddress + chunkBytes;
/** Capacity that is kept between tensors. A larger tensor gets its own memory, which is freed afterward. */
const keptBytes = 64 * 2 ** 20;

/** Location of a tensor's bytes in an open file. */
export interface StoredFloats {
  readonly descriptor: number;
  readonly dtype: string;
  /** Bytes from the start of the file. */
  readonly start: number;
  readonly count: number;
}

/** Values in memory that is reused for the next tensor: valid until then. */
export interface StagedFloats {
  readonly values: Float32Array;
  readonly finite: boolean;
}

export function isStagedType(dtype: string): boolean {
  return floatBytes.has(dtype);
}

/**
 * Reads stored floats as float32 into memory that is reused: fresh memory costs several times as much as reading, with a
 * page fault every 4 kB. Null if the file is too short.
 */
export function stageFloats(stored: StoredFloats): StagedFloats | null {
  const needed = valuesAddress + stored.count * 4;
  const space = needed <= keptBytes + valuesAddress ? keptSpace() : createSpace();
  space.grow(needed);
  return space.read(stored, valuesAddress);
}

/** Memory for several stored tensors at once and their results, reused for the next ones. */
export class FloatArena {
  private readonly space = createSpace();
  private next = valuesAddress;

  /**
   * Reserves room for `arrays` arrays of `floats` values in total. Invalidates the previous contents.
   * @throws RangeError for more than `arenaFloats` values.
   */
  reserve(floats: number, arrays: number): void {
    this.next = valuesAddress;
    this.space.grow(valuesAddress + floats * 4 + arrays * alignment);
  }

  /** Works like `stageFloats`, in addition to the values since `reserve`. */
  stage(stored: StoredFloats): StagedFloats | null {
    return this.space.read(stored, this.take(stored.count));
  }

  /** An uninitialized array; null if no room was reserved for it. */
  allocate(count: number): Float32Array | null {
    const { buffer } = this.space.memory;
    return this.next + count * 4 > buffer.byteLength ? null : new Float32Array(buffer, this.take(count), count);
  }

  private take(count: number): number {
    const address = this.next;
    this.next += Math.ceil((count * 4) / alignment) * alignment;
    return address;
  }
}

/** Capacity of an arena in floats: WebAssembly has 4 GiB. */
export const arenaFloats = 2 ** 29;
/** Alignment of a vector of four floats. */
const alignment = 16;

/** The space that owns a buffer. */
const spaces = new WeakMap<ArrayBufferLike, StagingSpace>();

/** The space that holds all of the arrays, so that its kernels can process them; null if there is none. */
export function commonSpace(arrays: readonly { readonly buffer: ArrayBufferLike }[]): StagingSpace | null {
  const [first] = arrays;
  return first && arrays.every(({ buffer }) => buffer === first.buffer) ? (spaces.get(first.buffer) ?? null) : null;
}

/** WebAssembly memory with its kernels. */
export class StagingSpace {
  readonly memory: WebAssembly.Memory;
  /** One chunk for intermediate values, free between two calls. */
  readonly scratchAddress = chunkAddress;
  private readonly kernels: WebAssembly.Exports;

  constructor(module: WebAssembly.Module) {
    this.memory = new WebAssembly.Memory({ initial: valuesAddress / pageBytes, maximum: 65536 });
    this.kernels = new WebAssembly.Instance(module, { env: { memory: this.memory } }).exports;
    spaces.set(this.memory.buffer, this);
  }

  grow(bytes: number): void {
    const missing = bytes - this.memory.buffer.byteLength;
    if (missing <= 0) return;
    this.memory.grow(Math.ceil(missing / pageBytes));
    spaces.set(this.memory.buffer, this);
  }

  /** Runs a kernel of values.c; addresses are byte offsets into the memory. */
  run(name: string, ...operands: number[]): unknown {
    const kernel = this.kernels[name];
    if (typeof kernel !== 'function') throw new Error(`the value kernels know no ${name}`);
    return kernel(...operands);
  }

  read({ descriptor, dtype, start, count }: StoredFloats, address: number): StagedFloats | null {
    const width = floatBytes.get(dtype) ?? 4;
    const kernel = kernelNames.get(dtype) ?? '';
    const bytes = new Uint8Array(this.memory.buffer);
    const perChunk = chunkBytes / width;
    let finite = true;
    for (let done = 0; done < count; done += perChunk) {
      const now = Math.min(perChunk, count - done);
      const target = address + done * 4;
      // float32 values are read in place.
      const source = width === 4 ? target : chunkAddress;
      if (!readFully(descriptor, bytes, source, now * width, start + done * width)) return null;
      const ok = width === 4 ? this.run(kernel, source, now) : this.run(kernel, source, target, now);
      if (ok !== 1) finite = false;
    }
    return { values: new Float32Array(this.memory.buffer, address, count), finite };
  }
}

let compiled: WebAssembly.Module | null = null;
let kept: StagingSpace | null = null;

function createSpace(): StagingSpace {
  compiled ??= new WebAssembly.Module(Buffer.from(binary, 'base64'));
  return new StagingSpace(compiled);
}

function keptSpace(): StagingSpace {
  kept ??= createSpace();
  return kept;
}

/** Synchronous: a thread hop for each chunk would cost more than the read. Incomplete only if the file is too short. */
function readFully(descriptor: number, bytes: Uint8Array, at: number, length: number, position: number): boolean {
  let filled = 0;
  while (filled < length) {
    const count = readSync(descriptor, bytes, at + filled, length - filled, position + filled);
    if (count === 0) return false;
    filled += count;
  }
  return true;
}
