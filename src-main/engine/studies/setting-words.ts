import { fieldWords } from '../../../src-shared/studies/config/field-words.ts';
import { adapterVariants } from '../adapters/variants/index.ts';

/** What labels and titles of a study's work call the settings of its runs. */
export const settingWords = fieldWords(adapterVariants.map(({ declaration }) => declaration));
