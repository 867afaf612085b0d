import { recordsMeant } from '../../../src-shared/domain/app/named-records.ts';

interface Named {
  readonly id: string;
  readonly name: string;
}

/** Records that a run refers to by id; undefined until a list is loaded. */
export interface RecordNames {
  readonly model: readonly Named[] | undefined;
  readonly dataset: readonly Named[] | undefined;
  readonly adapter: readonly Named[] | undefined;
}

export type RecordKind = keyof RecordNames;

/** The name of a record, if it says which one is meant; else its id. The command takes both. */
export function referenceOf(records: readonly Named[] | undefined, id: string): string {
  const name = records?.find((record) => record.id === id)?.name;
  if (name === undefined || name.trim() !== name || name === '') return id;
  const meant = recordsMeant(records ?? [], name);
  return meant.length === 1 && meant[0]?.id === id ? name : id;
}

export type Resolved =
  | { readonly id: string; readonly problem: null }
  | { readonly id: null; readonly problem: string };

const kindWords: Readonly<Record<RecordKind, string>> = { model: 'model', dataset: 'dataset', adapter: 'adapter' };

/** The id that a reference stands for: an id, a name, or the path of a folder or file, which the backend looks at. */
export function resolveReference(records: readonly Named[] | undefined, kind: RecordKind, reference: string): Resolved {
  if (records === undefined) return { id: reference, problem: null };
  const meant = recordsMeant(records, reference);
  if (meant.length > 1) {
    const ids = meant.map(({ id }) => id).join(', ');
    return { id: null, problem: `Several have this name. Give the id of one: ${ids}.` };
  }
  if (meant[0] !== undefined) return { id: meant[0].id, problem: null };
  if (/[\\/]/.test(reference)) return { id: reference, problem: null };
  return { id: null, problem: `There is no ${kindWords[kind]} “${reference}”.` };
}
