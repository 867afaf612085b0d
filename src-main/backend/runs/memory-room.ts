import type { ComputeId } from '../../../src-shared/domain/app/catalog.ts';
import type { MemoryRoom } from '../../../src-shared/results/memory-verdict.ts';
import { backendMemory, computeIsolation } from '../../engine/api/compute.ts';
import { freeMemoryBytes } from '../../files/control-group.ts';
import type { Services } from '../services/services.ts';

interface MemoryTellers {
  readonly engine: Pick<Services['engine'], 'backends' | 'prepare'>;
  readonly usage: Pick<Services['usage'], 'fresh'>;
}

/**
 * Memory that a training step may take on a backend now. On a graphics card, what its driver says is free, or all of the card's
 * where it does not say; a card without memory of its own, or whose memory nothing tells, shares the machine's. Else what the
 * machine has free, but no more than the backend can address.
 */
export async function memoryRoomOn({ engine, usage }: MemoryTellers, backend: ComputeId): Promise<MemoryRoom> {
  // A card that was chosen by name before anything was tried.
  if (computeIsolation[backend] === 'process' && engine.backends('auto') === null) await engine.prepare();
  const report = engine.backends('auto')?.find(({ id }) => id === backend) ?? null;
  const largestTensorBytes = report?.card?.largestTensorBytes ?? null;
  const most = report?.memoryBytes ?? Number.POSITIVE_INFINITY;
  const ofMachine = Math.min(freeMemoryBytes(), backendMemory(backend).maxBytes, most);
  const shared = { freeMemoryBytes: ofMachine, memoryDevice: null, largestTensorBytes };
  if (report?.kind !== 'gpu' || report.memoryBytes === null) return shared;
  const { memoryTotalBytes = null, memoryUsedBytes = null } = (await usage.fresh(report.device)) ?? {};
  const total = memoryTotalBytes ?? report.memoryBytes;
  return {
    freeMemoryBytes: Math.min(Math.max(0, total - (memoryUsedBytes ?? 0)), most),
    memoryDevice: report.device,
    largestTensorBytes,
  };
}
