import type { Subject } from '../../../../src-shared/domain/studies/plan.ts';
import type { MergeabilityConfig } from '../../../../src-shared/studies/task-sets/mergeability-schemas.ts';
import type { SetGroup } from './task-sets.ts';

/** An adapter of a group, task by task: those of a task follow each other in the order of the seeds. */
export interface GroupAdapter {
  readonly task: number;
  /** Index of its set. */
  readonly set: number;
  readonly seed: number;
  readonly subject: Subject;
  readonly name: string;
}

export function adaptersOfGroup({ sets }: SetGroup): GroupAdapter[] {
  const tasks = sets[0]?.adapters.map((_, task) => task) ?? [];
  return tasks.flatMap((task) =>
    sets.flatMap(({ seed, adapters, names }, set) => {
      const subject = adapters[task];
      return subject === undefined ? [] : [{ task, set, seed, subject, name: names[task] ?? '' }];
    }),
  );
}

/** Pairs of the group that are merged: of one task or of one set, or all; each as two places, the first the smaller. */
export function mergedPairs(group: SetGroup, wanted: MergeabilityConfig['pairs']): [first: number, second: number][] {
  const adapters = adaptersOfGroup(group);
  return adapters.flatMap((one, first) =>
    adapters.flatMap((other, second): [number, number][] => {
      const isShared = one.task === other.task || one.set === other.set;
      return first < second && (wanted === 'all' || isShared) ? [[first, second]] : [];
    }),
  );
}

export function mapKey(group: number): string {
  return `${group}/pairs`;
}

export function ownKey(group: number, adapter: number): string {
  return `${group}/own/${adapter}`;
}

export function pairKey(group: number, first: number, second: number, method: number, head: number): string {
  return `${group}/pair/${first}-${second}/${method}/${head}`;
}

export function setKey(group: number, set: number, method: number, head: number): string {
  return `${group}/set/${set}/${method}/${head}`;
}
