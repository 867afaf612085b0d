import { contributionWork } from './adapters/contribution.ts';
import { pruningWork } from './adapters/pruning.ts';
import type { StudyWork } from './define-study-work.ts';
import { ablationWork } from './grid/ablation.ts';
import { sweepWork } from './grid/sweep.ts';
import { interpolationWork } from './interpolation/interpolation.ts';
import { planeWork } from './interpolation/plane.ts';
import { mergingWork } from './merging/merging.ts';
import { mergeabilityWork } from './task-sets/mergeability.ts';
import { multitaskWork } from './task-sets/multitask.ts';
import { trajectoryWork } from './trajectory/trajectory.ts';

/** Implementations of all kinds of studies. */
export const studyWorks: readonly StudyWork[] = [
  interpolationWork,
  planeWork,
  pruningWork,
  contributionWork,
  mergingWork,
  multitaskWork,
  mergeabilityWork,
  ablationWork,
  sweepWork,
  trajectoryWork,
];

export function studyWork(kind: string): StudyWork {
  const work = studyWorks.find((known) => known.kind === kind);
  if (work === undefined) throw new RangeError(`Studies of the kind "${kind}" have no implementation.`);
  return work;
}
