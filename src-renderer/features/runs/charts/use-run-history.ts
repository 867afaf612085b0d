import type { RunRecord } from '../../../../src-shared/domain/runs/run.ts';
import { rewardCurves } from '../../../../src-shared/metrics/curves.ts';
import { summaryMetrics } from '../page/run-summary.ts';
import type { HistorySnapshot } from './history-feed.ts';
import { usePlotBuckets } from './plot-buckets.ts';
import { type HistorySource, useHistory, useHistorySource } from './use-history.ts';

/** Share of the window that the loss takes. */
const lossWidth = 0.7;
/** Share of the window that a curve of the grid takes. */
const curveWidth = 0.5;
/** Rows of a heat map by layer are drawn in fewer columns than a curve has points. */
const groupBuckets = 512;

/** Loads the history for the header and overview of a run. */
export function useOverviewHistory(run: RunRecord): HistorySource {
  const buckets = usePlotBuckets(lossWidth);
  return useHistorySource({ ids: [run.id], from: null, to: null, metrics: summaryMetrics, masks: true, buckets });
}

/** Every further curve of a run. */
export function useChartHistory(run: RunRecord): HistorySource {
  const buckets = usePlotBuckets(curveWidth);
  const metrics = [
    ...summaryMetrics,
    'learning_rate',
    'grad_norm',
    'active_share',
    ...rewardCurves.map(({ metric }) => metric),
    'device_memory_bytes',
    'device_utilization',
  ];
  return useHistorySource({ ids: [run.id], from: null, to: null, metrics, masks: true, buckets });
}

/** Norms by layer: by far the most values, so asked for when the curves are there. */
export function useNormHistory(run: RunRecord, isWanted: boolean): HistorySnapshot | null {
  const metrics = ['grad_norm/', 'weight_norm/'];
  return useHistory(
    isWanted ? { ids: [run.id], from: null, to: null, metrics, masks: false, buckets: groupBuckets } : null,
  );
}
