import { fieldWords } from '../../../../src-shared/studies/config/field-words.ts';
import { adapterVariants } from '../../adapters/variants/index.ts';

/** Names of run settings in the labels and titles of a study's work. */
export const settingWords = fieldWords(adapterVariants.map(({ declaration }) => declaration));
