import { useMemo } from 'react';
import type { RunRecord } from '../../../../src-shared/domain/runs/run.ts';

import { type MetricRun, metricRun } from '../../../../src-shared/figures/index.ts';
import { runStyles, type SeriesStyle } from '../../../../src-shared/figures/palette.ts';
import { groupLabels } from '../../../../src-shared/results/group-labels.ts';
import { groupRuns, type RunGroup } from '../../../../src-shared/results/run-groups.ts';
import { useFigureTheme } from '../../../plots/figure-theme.ts';
import { type RunNames, useRunNames } from '../use-run-names.ts';
import { useDrawnRuns } from '../use-unchanged.ts';

const plain: SeriesStyle = { color: 'currentColor', dash: 'solid', pattern: '' };

export interface Comparison {
  readonly groups: readonly RunGroup[];
  /** Data of each run for the figures, without curves. */
  readonly series: readonly MetricRun[];
  /** Evaluated examples behind the scores: the fewest of any run. */
  readonly examples: number;
  /** True if curves of any run still grow. */
  readonly isLive: boolean;
  readonly labelOf: (group: RunGroup) => string;
  readonly styleOf: (group: RunGroup) => SeriesStyle;
}

/** The runs in groups of seeds, each with its name and its color. Data and base are named where they differ. */
export function useComparison(given: readonly RunRecord[]): Comparison {
  const names = useRunNames();
  const theme = useFigureTheme();
  const drawn = useDrawnRuns(given);
  const groups = useMemo(() => groupRuns(given), [given]);
  // Figures are made of what does not change with each step of a running run.
  const drawnGroups = useMemo(() => groupRuns(drawn), [drawn]);
  const labels = useMemo(() => namesOfGroups(drawnGroups, names), [drawnGroups, names]);
  const series = useMemo(() => seriesOf(drawnGroups, labels), [drawnGroups, labels]);
  const styles = useMemo(() => runStyles(series, theme), [series, theme]);
  const labelOf = ({ key }: RunGroup) => labels.get(key) ?? '';
  const examples = Math.min(...drawn.map(({ facts }) => facts?.evalExamples ?? Number.POSITIVE_INFINITY));
  const isLive = drawn.some(({ status }) => status === 'running');
  return { groups, series, examples, isLive, labelOf, styleOf: (group) => styles.get(labelOf(group)) ?? plain };
}

function namesOfGroups(groups: readonly RunGroup[], names: RunNames): ReadonlyMap<string, string> {
  const several = (value: (run: RunRecord) => string) => new Set(groups.map(({ first }) => value(first))).size > 1;
  const parts = [
    names.method,
    ...(several(({ datasetId }) => datasetId) ? [names.dataset] : []),
    ...(several(({ modelId }) => modelId) ? [names.base] : []),
  ];
  const labels = groupLabels(groups, (run) => parts.map((part) => part(run)).join(' · '));
  return distinct(labels);
}

/** Groups are told apart by their names: where two are the same still, they are numbered. */
function distinct(labels: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const counts = new Map<string, number>();
  return new Map(
    [...labels].map(([key, label]) => {
      const count = (counts.get(label) ?? 0) + 1;
      counts.set(label, count);
      return [key, count === 1 ? label : `${label} (${count})`];
    }),
  );
}

function seriesOf(groups: readonly RunGroup[], labels: ReadonlyMap<string, string>): readonly MetricRun[] {
  return groups.flatMap(({ key, runs }) => runs.map((run) => metricRun(run, labels.get(key) ?? run.name)));
}
