import { useSyncExternalStore } from 'react';
import type { ActivationMasks, MetricRow } from '../../../src-shared/domain/run.ts';
import { onConnection, onEvent, request } from '../../api/client.ts';

/** A run's past as far as the window has it. `loaded` is false until the backend has answered once. */
export interface RunHistory {
  readonly rows: readonly MetricRow[];
  readonly masks: ActivationMasks | null;
  readonly loaded: boolean;
}

const empty: RunHistory = { rows: [], masks: null, loaded: false };

/**
 * Adds rows that came later. What is known of a metric from the first new step on gives way: a run that was taken up again
 * from a checkpoint walks its last steps anew.
 */
export function mergeRows(known: readonly MetricRow[], added: readonly MetricRow[]): MetricRow[] {
  const first = new Map<string, number>();
  for (const row of added) first.set(row.name, Math.min(first.get(row.name) ?? row.step, row.step));
  return [...known.filter((row) => row.step < (first.get(row.name) ?? Number.POSITIVE_INFINITY)), ...added];
}

/** Puts masks of later steps behind the known ones, or over them where a run was taken up again; null where a gap is left. */
export function mergeMasks(known: ActivationMasks | null, added: ActivationMasks): ActivationMasks | null {
  if (known === null || known.groupCount !== added.groupCount || added.firstStep <= known.firstStep) return added;
  const kept = (added.firstStep - known.firstStep) * known.groupCount;
  if (kept > known.bytes.length) return null;
  const bytes = new Uint8Array(kept + added.bytes.length);
  bytes.set(known.bytes.subarray(0, kept));
  bytes.set(added.bytes, kept);
  return { firstStep: known.firstStep, groupCount: known.groupCount, bytes };
}

/** Redraws at most so often: figures do not get calmer by being asked more. */
const flushMilliseconds = 250;

interface Entry {
  history: RunHistory;
  watchers: number;
  pendingRows: MetricRow[];
  pendingMasks: ActivationMasks[];
}

const entries = new Map<string, Entry>();
const listeners = new Set<() => void>();
let snapshot: ReadonlyMap<string, RunHistory> = new Map();
let timer: ReturnType<typeof setTimeout> | null = null;
let following = false;

function publish(): void {
  snapshot = new Map([...entries].map(([id, entry]) => [id, entry.history]));
  for (const listener of listeners) listener();
}

function flushSoon(): void {
  if (timer !== null) return;
  timer = setTimeout(() => {
    timer = null;
    for (const [id, entry] of entries) flush(id, entry);
    publish();
  }, flushMilliseconds);
}

function flush(id: string, entry: Entry): void {
  if (!entry.history.loaded) return;
  let { rows, masks } = entry.history;
  if (entry.pendingRows.length > 0) rows = mergeRows(rows, entry.pendingRows);
  for (const added of entry.pendingMasks) {
    masks = mergeMasks(masks, added);
    if (masks === null) void load(id);
  }
  entry.pendingRows = [];
  entry.pendingMasks = [];
  entry.history = { rows, masks, loaded: true };
}

async function load(id: string): Promise<void> {
  try {
    const [rows, masks] = await Promise.all([request('runs.metrics', { id }), request('runs.masks', { id })]);
    const entry = entries.get(id);
    if (!entry) return;
    entry.history = { rows, masks, loaded: true };
    flush(id, entry);
    publish();
  } catch {
    // The run is gone or the backend is: the page shows that itself, and a new connection asks again.
  }
}

/** One subscription for all that is watched, made with the first watcher and kept: events of others are passed over. */
function follow(): void {
  if (following) return;
  following = true;
  onEvent('run.metrics', ({ runId, rows }) => {
    const entry = entries.get(runId);
    if (!entry) return;
    entry.pendingRows.push(...rows);
    flushSoon();
  });
  onEvent('run.masks', ({ runId, masks }) => {
    const entry = entries.get(runId);
    if (!entry) return;
    entry.pendingMasks.push(masks);
    flushSoon();
  });
  onConnection((connected) => {
    if (connected) for (const id of entries.keys()) void load(id);
  });
}

/** Keeps a run's history loaded and live until the returned function is called. */
export function watchRun(id: string): () => void {
  follow();
  const entry = entries.get(id);
  if (entry) entry.watchers++;
  else {
    entries.set(id, { history: empty, watchers: 1, pendingRows: [], pendingMasks: [] });
    void load(id);
  }
  return () => {
    const current = entries.get(id);
    if (current && --current.watchers === 0) entries.delete(id);
  };
}

/** What is known of every watched run. */
export function useHistories(): ReadonlyMap<string, RunHistory> {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => snapshot,
  );
}

export function historyOf(histories: ReadonlyMap<string, RunHistory>, id: string): RunHistory {
  return histories.get(id) ?? empty;
}
