import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { type GpuSlice, gpuTensorUsage, releaseAfterSubmit, type SharedSlice } from '../tfjs-internals.ts';

/** Bytes of the largest tensor that shares a buffer: for a larger one a dispatch of its own is no loss, and a copy is. */
const maxSharedBytes = 2 * 1024 * 1024;

/** Bytes of a shared buffer, at most. */
const maxArenaBytes = 128 * 1024 * 1024;

export function fitsIntoArena(bytes: number): boolean {
  return bytes > 0 && bytes <= maxSharedBytes;
}

/** A buffer that some items share, and where in it each is. */
interface ArenaLayout<Item> {
  readonly places: readonly { readonly item: Item; readonly at: Omit<GpuSlice, 'buffer'> }[];
  readonly bytes: number;
}

/** Layouts of one or more buffers for items of so many bytes, one after another. */
export function layOut<Item extends { readonly size: number }>(
  { device }: WebGPUBackend,
  items: readonly Item[],
): ArenaLayout<Item>[] {
  const { minStorageBufferOffsetAlignment: alignment, maxStorageBufferBindingSize, maxBufferSize } = device.limits;
  const most = Math.min(maxArenaBytes, maxStorageBufferBindingSize, maxBufferSize);
  const layouts: { places: { item: Item; at: Omit<GpuSlice, 'buffer'> }[]; bytes: number }[] = [];
  for (const item of items) {
    const space = Math.ceil(item.size / alignment) * alignment;
    let last = layouts.at(-1);
    if (last === undefined || last.bytes + space > most) {
      last = { places: [], bytes: 0 };
      layouts.push(last);
    }
    last.places.push({ item, at: { offset: last.bytes, size: item.size } });
    last.bytes += space;
  }
  return layouts;
}

/** A buffer that tensors share, each in a slice of its own, so that one dispatch reaches all. It ends with the last of them. */
export class GpuArena {
  readonly buffer: GPUBuffer;
  private readonly backend: WebGPUBackend;
  private readonly companions = new Map<string, GpuArena>();
  private readonly onEnd: () => void;
  private used = 0;

  constructor(backend: WebGPUBackend, bytes: number, onEnd: () => void = () => undefined) {
    this.backend = backend;
    this.onEnd = onEnd;
    this.buffer = backend.bufferManager.acquireBuffer(bytes, gpuTensorUsage());
  }

  /** A slice for a tensor, in use until its release. */
  slice(offset: number, size: number): ArenaSlice {
    this.used++;
    return new ArenaSlice(this, offset, size);
  }

  /** A buffer for what each tensor of this one has beside it, at the same places: moments of parameters. */
  companion(name: string): GpuArena {
    const known = this.companions.get(name);
    if (known !== undefined) return known;
    const made = new GpuArena(this.backend, this.buffer.size, () => this.companions.delete(name));
    this.companions.set(name, made);
    return made;
  }

  release(): void {
    this.used--;
    if (this.used > 0) return;
    releaseAfterSubmit(this.backend, this.buffer);
    this.onEnd();
  }
}

export class ArenaSlice implements SharedSlice {
  readonly arena: GpuArena;
  readonly offset: number;
  readonly size: number;

  constructor(arena: GpuArena, offset: number, size: number) {
    this.arena = arena;
    this.offset = offset;
    this.size = size;
  }

  get buffer(): GPUBuffer {
    return this.arena.buffer;
  }

  release(): void {
    this.arena.release();
  }
}
