import type { ReadRow, TextExample } from '../../../../src-shared/domain/data/dataset.ts';
import { withChange } from './changes.ts';
import type { StepWork } from './step.ts';

/**
 * Changes every text of a row by itself. Words that have tags stay, and a context with its answers does: their places are
 * counted in it. A row of which a text is left empty is a faulty one.
 */
export function changeTexts(change: (text: string) => string): StepWork {
  return {
    begin: () => (row) => {
      if (row.kind !== 'example') return row;
      const example = changed(row.example, change);
      return emptied(example, row.example) ?? { ...row, example };
    },
  };
}

const fields = ['text', 'textPair', 'prompt', 'completion', 'question', 'anchor', 'positive'] as const;

function changed(example: TextExample, change: (text: string) => string): TextExample {
  const next = { ...example };
  const names: string[] = [];
  for (const field of fields) {
    const text = example[field];
    if (typeof text !== 'string' || isPlaced(example, field)) continue;
    next[field] = change(text);
    if (next[field] !== text) names.push(field);
  }
  if (typeof example.rejected === 'string') {
    next.rejected = change(example.rejected);
    if (next.rejected !== example.rejected) names.push('rejected');
  }
  if (example.negatives !== undefined) {
    next.negatives = example.negatives.map(change);
    if (String(next.negatives) !== String(example.negatives)) names.push('negatives');
  }
  for (const field of ['messages', 'rejected'] as const) {
    const turns = next[field];
    if (!Array.isArray(turns)) continue;
    const said = turns.map((turn) => ({ ...turn, content: change(turn.content) }));
    next[field] = said;
    if (said.some(({ content }, at) => content !== turns[at]?.content)) names.push(field);
  }
  return names.length === 0 ? example : withChange(next, `${names.join(', ')} changed`);
}

/** The row as a faulty one where a text that had something has nothing left; null where none is so. */
function emptied(example: TextExample, before: TextExample): ReadRow | null {
  const hasText = (text: unknown) => typeof text === 'string' && text.trim() !== '';
  // A prompt may be empty.
  const needed = [...fields.filter((field) => field !== 'prompt'), 'rejected' as const];
  const field = needed.find((name) => hasText(before[name]) && !hasText(example[name]));
  if (field === undefined) return null;
  const message = `${field} is empty without its entities and white space: fill it in, or leave the row out`;
  return { kind: 'fault', where: example.row, message };
}

/** Returns true if another field refers to positions in this text. */
function isPlaced({ words, context }: TextExample, field: (typeof fields)[number]): boolean {
  if (words !== undefined) return field === 'text';
  return context !== undefined && (field === 'prompt' || field === 'completion');
}
