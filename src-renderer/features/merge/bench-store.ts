import { create } from 'zustand';
import type { Bench } from './bench.ts';
import { type BenchState, recallBench, rememberBench } from './bench-memory.ts';

const storage = 'localStorage' in globalThis ? globalThis.localStorage : null;

/** The bench outlives the page and the window, so that a look at a run, or a restart, loses nothing. */
export const useBench = create<BenchState>(() => recallBench(storage));
useBench.subscribe((state) => rememberBench(storage, state));
/** Earlier states of the bench for undo. Dragging a slider makes many changes, so the limit is high. */
const past: Bench[] = [];
/** Undone states, last one first; any new change clears them. */
const undone: Bench[] = [];
const pastLimit = 500;

export function changeBench(change: Partial<BenchState> | ((bench: Bench) => Bench)): void {
  const before = currentBench();
  const changes = typeof change === 'function' ? { bench: change(before) } : change;
  if (changes.bench !== undefined && changes.bench !== before) {
    past.push(before);
    if (past.length > pastLimit) past.shift();
    undone.length = 0;
  }
  useBench.setState(changes);
}

/** Takes back the last change of the bench. Weights that were dragged go back as a whole: to the last other adapter. */
export function undoBench(): void {
  let previous = past.pop();
  if (!previous) return;
  const onlyWeightOf = weightChange(previous, currentBench());
  if (onlyWeightOf !== null)
    for (let earlier = past.at(-1); earlier && weightChange(earlier, previous) === onlyWeightOf; earlier = past.at(-1))
      previous = past.pop() ?? previous;
  undone.push(currentBench());
  useBench.setState({ bench: previous });
}

/** Does again what was undone last. */
export function redoBench(): void {
  const next = undone.pop();
  if (!next) return;
  past.push(currentBench());
  useBench.setState({ bench: next });
}

/** The adapter whose weight alone differs between two benches, else null. */
function weightChange(before: Bench, after: Bench): string | null {
  if (before.length !== after.length) return null;
  const changed = after.filter((item, index) => item.weight !== before[index]?.weight);
  const same = after.every(
    (item, index) => item.adapterId === before[index]?.adapterId && item.locked === before[index]?.locked,
  );
  return same && changed.length === 1 ? (changed[0]?.adapterId ?? null) : null;
}

export function currentBench(): Bench {
  return useBench.getState().bench;
}
