/** Designs, tables and results of studies. */
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
export { runTitle } from '../studies/planned-adapters.ts';
