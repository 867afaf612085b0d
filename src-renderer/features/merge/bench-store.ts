import { useSyncExternalStore } from 'react';
import type { ParameterValues } from '../../../src-shared/domain/parameter.ts';
import type { Bench } from './bench.ts';

interface BenchState {
  readonly bench: Bench;
  readonly method: string;
  readonly parameters: ParameterValues;
  readonly name: string;
  /** Test examples a task; 0 takes all. */
  readonly evalSamples: number;
  /** The last merge that was started here, and the last λ or merging study. */
  readonly mergeJobId: string | null;
  readonly studyId: string | null;
}

/** The bench outlives the page, so that a look at a run loses nothing. */
let state: BenchState = {
  bench: [],
  method: 'factor-average',
  parameters: {},
  name: '',
  evalSamples: 500,
  mergeJobId: null,
  studyId: null,
};
const listeners = new Set<() => void>();

export function changeBench(change: Partial<BenchState> | ((bench: Bench) => Bench)): void {
  state = typeof change === 'function' ? { ...state, bench: change(state.bench) } : { ...state, ...change };
  for (const listener of listeners) listener();
}

export function useBench(): BenchState {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => state,
  );
}
