import { useEffect } from 'react';
import { create } from 'zustand';
import type { RunRecord } from '../../../../src-shared/domain/runs/run.ts';
import type { Curve } from '../../../../src-shared/domain/runs/run-history.ts';
import { lossCurve } from '../../../../src-shared/metrics/curves.ts';
import { isLowerBetter, metricIds } from '../../../../src-shared/metrics/index.ts';
import { evaluationName, recordedScores } from '../../../../src-shared/metrics/recorded.ts';
import { headlineOf } from '../../../../src-shared/results/headline.ts';
import { request } from '../../../api/client.ts';

/** A run in a row of the table: its loss as a few points, and its evaluations so far. */
export interface RunGlance {
  readonly loss: Curve | null;
  readonly score: ScoreSoFar | null;
}

export interface ScoreSoFar {
  readonly metric: string;
  readonly label: string;
  readonly last: number;
  readonly best: number;
  readonly bestStep: number;
}

/** A point for every second pixel of the spark line. */
const buckets = 30;
/** Rows that come into sight together are one request. */
const gatherMilliseconds = 40;
const most = 50;
/** A run that goes on is requested again at most so often. */
const renewMilliseconds = 3000;
const metrics = [lossCurve.metric, ...metricIds.map(evaluationName)];

const useGlances = create<{ readonly byId: ReadonlyMap<string, RunGlance> }>(() => ({ byId: new Map() }));
/** State of each run at its last request, and the time of that. */
const asked = new Map<string, { readonly state: string; readonly at: number }>();
const waiting = new Set<string>();
let isGathering = false;

/** Returns the history shown in a run's row; null until it is loaded. Rows outside the view request nothing. */
export function useRunGlance(run: RunRecord): RunGlance | null {
  const { id, step, status } = run;
  const state = `${status} ${step}`;
  useEffect(() => {
    const known = asked.get(id);
    if (known?.state === state || (step === 0 && known === undefined && status === 'queued')) return;
    const wait = known === undefined || status !== 'running' ? 0 : known.at + renewMilliseconds - Date.now();
    const due = setTimeout(
      () => {
        asked.set(id, { state, at: Date.now() });
        waiting.add(id);
        fetchSoon();
      },
      Math.max(0, wait),
    );
    // A running run takes its next step long before the wait is over: the wait goes on from the same moment.
    return () => clearTimeout(due);
  }, [id, state]);
  return useGlances(({ byId }) => byId.get(id) ?? null);
}

function fetchSoon(): void {
  if (isGathering) return;
  isGathering = true;
  setTimeout(() => void fetchWaiting(), gatherMilliseconds);
}

async function fetchWaiting(): Promise<void> {
  isGathering = false;
  const ids = [...waiting].slice(0, most);
  for (const id of ids) waiting.delete(id);
  if (waiting.size > 0) fetchSoon();
  try {
    const histories = await request('runs.history', { ids, metrics, masks: false, buckets });
    const known = new Map(useGlances.getState().byId);
    for (const { id, curves } of histories) known.set(id, glanceOf(curves));
    useGlances.setState({ byId: known });
  } catch {
    // A run is gone or the backend is; a row that is still there asks again when it is redrawn.
    for (const id of ids) asked.delete(id);
  }
}

/** The loss and the evaluations of a run's curves; the score is the one that its result will be known by. */
export function glanceOf(curves: readonly Curve[]): RunGlance {
  const byMetric = new Map(curves.filter(({ counts }) => counts.length > 0).map((curve) => [curve.metric, curve]));
  const headline = headlineOf(recordedScores([...byMetric].map(([name, { mean }]) => [name, mean.at(-1)] as const)));
  const curve = headline === null ? undefined : byMetric.get(evaluationName(headline.id));
  return {
    loss: byMetric.get(lossCurve.metric) ?? null,
    score:
      headline === null || curve === undefined
        ? null
        : {
            metric: headline.id,
            label: headline.label,
            last: curve.mean.at(-1) ?? 0,
            ...bestOf(curve, isLowerBetter(headline.id)),
          },
  };
}

function bestOf(curve: Curve, lowerIsBetter: boolean): { best: number; bestStep: number } {
  const values = lowerIsBetter ? curve.min : curve.max;
  const at = values.reduce(
    (found, value, index) =>
      (lowerIsBetter ? value < (values[found] ?? 0) : value > (values[found] ?? 0)) ? index : found,
    0,
  );
  return { best: values[at] ?? 0, bestStep: curve.ends[at] ?? 0 };
}

/** Forgets everything, for tests. */
export function forgetGlances(): void {
  asked.clear();
  waiting.clear();
  useGlances.setState({ byId: new Map() });
}
