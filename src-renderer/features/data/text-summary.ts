import type { TextDescription } from '../../../src-shared/domain/data/dataset.ts';
import { formatCount, plural } from '../../components/format/format.ts';
import { dataStrings } from '../../strings/data.ts';
import type { Repetition } from './duplicate-counts.tsx';

export const roleWords: Readonly<Record<keyof TextDescription['columns'], string>> = {
  text: 'Text',
  text_pair: 'Second text',
  label: 'Label',
  choices: 'Choices',
  system: 'System prompt',
  prompt: 'Prompt',
  history: 'Earlier turns',
  input: 'Input (after the prompt)',
  completion: 'Completion',
  messages: 'Messages',
  tools: 'Tools',
  words: 'Words',
  tags: 'Tags',
  rejected: 'Rejected',
  desirable: 'Wanted',
  question: 'Question',
  context: 'Context',
  answers: 'Answers',
  anchor: 'Anchor',
  positive: 'Positive',
  negative: 'Negative',
};
const labelWords: Readonly<Record<TextDescription['labelKind'], string>> = {
  none: 'none',
  classes: 'single label',
  numbers: 'numeric (regression)',
  sets: 'multi-label',
  tags: 'a tag for each word',
};

/** Describes the conversion of a file's rows to examples. */
export function readingFacts(text: TextDescription): { label: string; value: string }[] {
  const taken = Object.entries(roleWords).flatMap(([role, label]) => {
    const column = Object.entries(text.columns).find(([name]) => name === role)?.[1] ?? null;
    return column === null ? [] : [{ label, value: `column ${column}` }];
  });
  const roles = new Set(Object.values(text.columns));
  // Columns of the split and of what a layout makes are used as well, which only the accounting knows.
  const unused =
    text.accounting?.columns.flatMap(({ name, use }) => (use === 'used' ? [] : [name])) ??
    text.columnNames.filter((name) => !roles.has(name));
  return [
    ...taken,
    ...(unused.length === 0 ? [] : [{ label: 'Unused columns', value: unused.slice(0, 20).join(', ') }]),
    {
      label: 'Labels',
      value: text.columns.choices === null ? labelWords[text.labelKind] : 'index of the right choice',
    },
    { label: 'Split', value: text.splitRule },
    { label: 'Rows', value: dataStrings.rows(text.rowCount, text.faultyRows) },
    ...(text.notes ?? []).map((value) => ({ label: 'File', value })),
  ];
}

/** Each kind of repetition that there is: how many, and what it means. */
export function repetitions({ duplicates }: TextDescription): Repetition[] {
  const { withinTrain, withinTest, across, nearAcross } = duplicates;
  const { words, textMeaning } = dataStrings.duplicates;
  const all = [
    { what: words.withinTrain, count: withinTrain, meaning: textMeaning.withinTrain },
    { what: words.withinTest, count: withinTest, meaning: textMeaning.withinTest },
    { what: words.across, count: across, meaning: textMeaning.across },
    { what: words.nearAcross, count: nearAcross, meaning: textMeaning.nearAcross },
  ];
  return all.filter(({ count }) => count > 0);
}

/** Describes the amount of compared rows, as a note. */
export function comparedWords({ duplicates, rowCount, faultyRows }: TextDescription): string {
  const good = rowCount - faultyRows;
  const exact = duplicates.comparedRows < good ? `the first ${plural(duplicates.comparedRows, 'row')}` : 'all rows';
  const near =
    duplicates.nearComparedRows < duplicates.comparedRows
      ? `, near-duplicates among the first ${formatCount(duplicates.nearComparedRows)}`
      : '';
  return `${exact} compared${near}`;
}
