import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ComputeBackendReport, ComputeId } from '../../../src-shared/domain/catalog.ts';

/** What trying a backend, without running work on it, tells. */
export interface ComputeProbe {
  readonly available: boolean;
  /** null where there is no device, as `device` is then. */
  readonly kind: ComputeBackendReport['kind'];
  readonly device: string | null;
  /** The device's own memory; left out where it does not say, or where it is the machine's. */
  readonly memoryBytes?: number;
  /** Why it can be used, or exactly why it cannot and what would help. */
  readonly reason: string;
}

/** One compute backend of the engine: one file or folder each, listed in `index.ts`; `selection.ts` ranks them. */
export interface ComputeBackend {
  readonly id: ComputeId;
  /** Cheap, and without lasting effect; never throws. */
  probe(): Promise<ComputeProbe>;
  /** Makes tfjs run on it. Throws StudioError with the probe's reason where it is not available. */
  activate(): Promise<{ readonly device: string; readonly threads: number }>;
  /** Why it can compute no more, e.g. a lost device; null while it can. Whatever fails then fails for this reason. */
  failure?(): StudioError | null;
  /** a·b with operands rounded to bfloat16 and float32 sums, where it has such a product: to be measured. */
  bfloat16Product?(a: Tensor2D, b: Tensor2D): Tensor2D;
}

export function unavailable(reason: string): ComputeProbe {
  return { available: false, kind: null, device: null, reason };
}
