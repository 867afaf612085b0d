import { ablationWork } from './ablation.ts';
import type { StudyWork } from './define-study-work.ts';
import { interpolationWork } from './interpolation.ts';
import { mergingWork } from './merging.ts';
import { pruningWork } from './pruning.ts';

/** The work of every kind of study. */
export const studyWorks: readonly StudyWork[] = [interpolationWork, pruningWork, mergingWork, ablationWork];

export function studyWork(kind: string): StudyWork {
  const work = studyWorks.find((known) => known.kind === kind);
  if (work === undefined) throw new RangeError(`No work is listed for studies of the kind "${kind}".`);
  return work;
}
