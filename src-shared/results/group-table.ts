import type { MeanInterval } from '../statistics/student.ts';
import { namedScores } from './headline.ts';
import {
  groupDifference,
  groupInterval,
  metricOf,
  type RunGroup,
  type RunValue,
  summarizeGroups,
} from './run-groups.ts';

/** A quantity that groups are compared by. */
export interface ComparedValue {
  readonly id: string;
  readonly label: string;
  readonly value: RunValue;
}

/** A group in a comparison, one entry of `intervals` and of `differences` for each of the values. */
export interface ComparedGroup {
  readonly group: RunGroup;
  /** Number of different seeds, finished or not. */
  readonly seeds: number;
  readonly intervals: readonly (MeanInterval | null)[];
  /** The group that it is compared with; null where there is none, as of the reference itself. */
  readonly reference: RunGroup | null;
  /** Paired by seed, own minus reference. */
  readonly differences: readonly (MeanInterval | null)[];
}

/** Every metric that the results of these runs have, in the order in which they are shown; the first is the headline. */
export function comparedScores(groups: readonly RunGroup[]): readonly ComparedValue[] {
  const labels = new Map<string, string>();
  for (const { runs } of groups)
    for (const { result } of runs)
      for (const { id, label } of result ? namedScores(result) : []) if (!labels.has(id)) labels.set(id, label);
  return [...labels].map(([id, label]) => ({ id, label, value: metricOf(id) }));
}

/**
 * Each group's values and their differences to a reference.
 *
 * @param reference key of the group that all others are compared with; null: each with its own baseline without CoTo
 */
export function groupTable(
  groups: readonly RunGroup[],
  values: readonly ComparedValue[],
  reference: string | null,
): readonly ComparedGroup[] {
  const common = groups.find(({ key }) => key === reference) ?? null;
  return summarizeGroups(groups).map(({ group, seeds, difference }) => {
    const other = reference === null ? (difference?.baseline ?? null) : common === group ? null : common;
    return {
      group,
      seeds,
      intervals: values.map(({ value }) => groupInterval(group.runs, value)),
      reference: other,
      differences: values.map(({ value }) => (other === null ? null : groupDifference(group, other, value))),
    };
  });
}

/** The reference to begin with: each group's own baseline where any has one, else the first group. */
export function usualReference(groups: readonly RunGroup[]): string | null {
  const hasBaselines = summarizeGroups(groups).some(({ difference }) => difference !== null);
  return hasBaselines ? null : (groups[0]?.key ?? null);
}
