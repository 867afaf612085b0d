import { describePruning } from '../../domain/adapters/prune.ts';
import type { Catalog } from '../../domain/app/catalog.ts';
import type { Declaration } from '../../domain/parameters/parameter.ts';
import type { StudyWords } from '../define-study.ts';
import { fieldIds, fieldWords } from './field-words.ts';

/** Maps the ids of a study's methods and settings to catalog labels; unknown ids stay unchanged. */
export function catalogWords({
  adapterVariants,
  mergeMethods,
  pruneMethods,
}: Pick<Catalog, 'adapterVariants' | 'pruneMethods'> & {
  readonly mergeMethods: readonly Pick<Declaration, 'id' | 'label'>[];
}): StudyWords {
  const merges = new Map(mergeMethods.map(({ id, label }) => [id, label]));
  return {
    mergeMethod: (id) => merges.get(id) ?? id,
    pruning(id, parameters) {
      const method = pruneMethods.find((one) => one.id === id);
      return method === undefined ? id : describePruning(method, parameters);
    },
    fields: fieldWords(adapterVariants),
  };
}

/** The same for files that programs read: settings by their ids. */
export function wordsOfFiles(words: StudyWords): StudyWords {
  return { ...words, fields: fieldIds };
}

/** A dataset or a base model by its name, or by its id where it is not known. */
export function nameOfRecord(id: string, { recordName }: StudyWords): string {
  return recordName?.(id) ?? id;
}
