import { ablationWork } from './ablation.ts';
import { contributionWork } from './contribution.ts';
import type { StudyWork } from './define-study-work.ts';
import { interpolationWork } from './interpolation.ts';
import { mergeabilityWork } from './mergeability.ts';
import { mergingWork } from './merging.ts';
import { multitaskWork } from './multitask.ts';
import { planeWork } from './plane.ts';
import { pruningWork } from './pruning.ts';
import { sweepWork } from './sweep.ts';

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
];

export function studyWork(kind: string): StudyWork {
  const work = studyWorks.find((known) => known.kind === kind);
  if (work === undefined) throw new RangeError(`Studies of the kind "${kind}" have no implementation.`);
  return work;
}
