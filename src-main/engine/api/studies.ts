/** Designs, tables and results of studies. */

export { runTitle } from '../studies/config/planned-adapters.ts';
export type {
  ChosenRate,
  MergeRefusal,
  PairsOf,
  PlannedMerge,
  ScoreOf,
  StudyAdapters,
  StudyDesign,
  StudyWork,
  TableOf,
} from '../studies/define-study-work.ts';
export { studyWork } from '../studies/index.ts';
