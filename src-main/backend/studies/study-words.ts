import { catalogWords } from '../../../src-shared/studies/config/catalog-words.ts';
import type { StudyWords } from '../../../src-shared/studies/define-study.ts';
import { adapterVariants } from '../../engine/api/adapters.ts';
import { mergeMethods, pruneMethods } from '../../engine/api/merging.ts';

/** Labels of methods in tables and figures. */
export const studyWords: StudyWords = catalogWords({
  adapterVariants: adapterVariants.map(({ declaration }) => declaration),
  mergeMethods: mergeMethods.map(({ declaration }) => declaration),
  pruneMethods: pruneMethods.map(({ declaration }) => declaration),
});
