/** What trying a backend, without running work on it, tells. */
export interface ComputeProbe {
  readonly available: boolean;
  readonly device: string | null;
  /** Why it can be used, or exactly why it cannot. */
  readonly reason: string;
}

/** One compute backend of the engine: one file each, listed in `index.ts` in the order of preference. */
export interface ComputeBackend {
  readonly id: 'tensorflow' | 'native' | 'wasm';
  readonly label: string;
  /** Cheap, and without lasting effect; never throws. */
  probe(): Promise<ComputeProbe>;
  /** Makes tfjs run on it. Throws StudioError with the probe's reason where it is not available. */
  activate(): Promise<{ readonly device: string; readonly threads: number }>;
}
