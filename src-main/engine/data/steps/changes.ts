import type { TextExample } from '../../../../src-shared/domain/data/dataset.ts';

/** The example with a further change to tell people of. */
export function withChange(example: TextExample, what: string): TextExample {
  return { ...example, changes: [...(example.changes ?? []), what] };
}
