import type { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ComputeBackendReport, ComputeId } from '../../../src-shared/domain/catalog.ts';

/** Result of probing a backend without running work on it. */
export interface ComputeProbe {
  readonly available: boolean;
  /** null where there is no device, as `device` is then. */
  readonly kind: ComputeBackendReport['kind'];
  readonly device: string | null;
  /** How much there is to compute in: a GPU's own memory, else the machine's. Left out where the device does not say. */
  readonly memoryBytes?: number;
  /** Why it can be used, or exactly why it cannot and what would help. */
  readonly reason: string;
}

/** One compute backend of the engine: one file or folder each, listed in `index.ts`; `selection.ts` ranks them. */
export interface ComputeBackend {
  readonly id: ComputeId;
  /** Whether values given to tfjs are copied at once, so that their memory may be used for others. */
  readonly copiesUploads?: boolean;
  /** Cheap, and without lasting effect; never throws. */
  probe(): Promise<ComputeProbe>;
  /**
   * Makes tfjs run on it, with `threads` where it computes with several. Throws StudioError with the probe's reason where it
   * is not available.
   */
  activate(threads?: number): Promise<{ readonly device: string; readonly threads: number }>;
  /** Why it can compute no more, e.g. a lost device; null while it can. Whatever fails then fails for this reason. */
  failure?(): StudioError | null;
  /** Left out where the backend has no products in bfloat16 on any machine. */
  readonly bfloat16?: Bfloat16Support;
  /** Most bytes that tensors and what belongs to them took at once since `reset`; left out where the backend cannot tell. */
  peakBytes?: { reset(): void; read(): number };
  /**
   * Best rate in GFLOPS of one product x [rows, inFeatures] · Wᵀ [inFeatures, outFeatures] by the library behind the backend,
   * called alone with the weight packed, null where it cannot tell: what the bench holds the backend's own rate against.
   */
  measureLibraryGemm?(product: LibraryGemm): number | null;
}

export interface Bfloat16Support {
  /** Whether this machine's processor has them. */
  isAvailable(): boolean;
  /** Whether they were timed to be faster than those in float32; asked only where they are there. Timed once. */
  isFaster(): boolean;
}

export interface LibraryGemm {
  readonly rows: number;
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly bfloat16: boolean;
}

export function unavailable(reason: string): ComputeProbe {
  return { available: false, kind: null, device: null, reason };
}
