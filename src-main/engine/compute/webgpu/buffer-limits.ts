import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { memoryRemedy, StudioError } from '../../../../src-shared/contract/errors.ts';
import { formatBytes } from '../../../../src-shared/format/bytes.ts';
import { hasFreeGpuBuffer, releaseFreeGpuBuffers } from '../tfjs-internals.ts';

/** Limits the memory of the card that the engine takes, in megabytes, e.g. `4000`: another program needs the rest. */
const limitVariable = 'COTO_WEBGPU_MEGABYTES';

/** Bytes of all buffers that a person allows; null: those of the card. */
export function allowedBytes(): number | null {
  const megabytes = Number(process.env[limitVariable] ?? '');
  return megabytes > 0 ? megabytes * 1e6 : null;
}

/**
 * Lets tfjs's pool of buffers take no more than `maxBytes()` of the card. At the limit, free buffers are released
 * first: batches of many lengths leave many. Then `giveBack` returns those of an idle recording to the pool. If there
 * is still no room, the request fails at once with advice: a driver would fail after the step, swap, or hang.
 */
export function limitBuffers(backend: WebGPUBackend, maxBytes: () => number | null, giveBack: () => boolean): void {
  const pool = backend.bufferManager;
  const acquire = pool.acquireBuffer.bind(pool);
  const { maxBufferSize, maxStorageBufferBindingSize } = backend.device.limits;
  pool.acquireBuffer = (size, usage, mapped, reuse) => {
    // Uniforms belong to a program that is about to be recorded: release nothing in between.
    if (usage & GPUBufferUsage.UNIFORM) return acquire(size, usage, mapped, reuse);
    const largest =
      usage & GPUBufferUsage.STORAGE ? Math.min(maxBufferSize, maxStorageBufferBindingSize) : maxBufferSize;
    if (size > largest)
      throw outOfMemory(
        `A tensor would have ${formatBytes(size)}, and the graphics device allows ${formatBytes(largest)}.`,
      );
    const most = maxBytes() ?? Number.POSITIVE_INFINITY;
    if (pool.numBytesAllocated + size > most && !(reuse !== false && hasFreeGpuBuffer(backend, size, usage))) {
      releaseFreeGpuBuffers(backend);
      if (pool.numBytesAllocated + size > most && giveBack()) releaseFreeGpuBuffers(backend);
      if (pool.numBytesAllocated + size > most)
        throw outOfMemory(
          `A tensor of ${formatBytes(size)} does not fit into the memory of the graphics device: ${formatBytes(pool.numBytesAllocated)} of ${formatBytes(most)} are in use.`,
        );
    }
    return acquire(size, usage, mapped, reuse);
  };
}

function outOfMemory(message: string): StudioError {
  return new StudioError('out_of_memory', message, memoryRemedy);
}
