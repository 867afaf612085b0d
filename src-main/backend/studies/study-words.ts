import { catalogWords } from '../../../src-shared/studies/config/catalog-words.ts';
import type { StudyWords } from '../../../src-shared/studies/define-study.ts';
import { adapterVariants } from '../../engine/adapters/variants/index.ts';
import { mergeMethods } from '../../engine/merge/methods/index.ts';
import { pruneMethods } from '../../engine/prune/index.ts';

/** Labels of methods in tables and figures. */
export const studyWords: StudyWords = catalogWords({
  adapterVariants: adapterVariants.map(({ declaration }) => declaration),
  mergeMethods: mergeMethods.map(({ declaration }) => declaration),
  pruneMethods: pruneMethods.map(({ declaration }) => declaration),
});
