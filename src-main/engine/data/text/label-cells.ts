import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ParameterSpec, ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { cellOf, type RawRow } from './raw-row.ts';

const separators = [
  { id: 'comma', label: 'Comma', character: ',' },
  { id: 'semicolon', label: 'Semicolon', character: ';' },
  { id: 'bar', label: 'Vertical bar', character: '|' },
] as const;

export const labelParameters: readonly ParameterSpec[] = [
  {
    name: 'label_separator',
    label: 'Label separator',
    type: 'choice',
    default: 'auto',
    choices: [
      { value: 'auto', label: 'Ask' },
      { value: 'none', label: 'One label per cell' },
      ...separators.map(({ id, label }) => ({ value: id as string, label: label as string })),
    ],
    help: 'Separates several labels in one cell. Ask: a label made of other labels (“a,b”) needs a choice.',
    advanced: true,
  },
  {
    name: 'missing_labels',
    label: 'NA and #N/A as labels',
    type: 'choice',
    default: 'auto',
    choices: [
      { value: 'auto', label: 'Ask' },
      { value: 'missing', label: 'Missing' },
      { value: 'class', label: 'Class' },
    ],
    help: 'Whether NA, N/A, NaN, null and the errors of spreadsheets are missing labels or the name of a class.',
    advanced: true,
  },
];

/** Notation of the labels in the cells of a column. */
export interface LabelNotation {
  /** Separates several labels; null if a cell has one. */
  readonly separator: string | null;
  /** True if NA and the like stand for a missing label. */
  readonly hasMissing: boolean;
  /** Open question about the labels of the first rows; null if there is none. */
  readonly question: StudioError | null;
}

/** Values that pandas reads as missing, and the errors of spreadsheets. */
const missing = new Set(['na', 'n/a', '#na', '#n/a', '#n/a n/a', '<na>', 'nan', '-nan', 'null']);
const spreadsheetError = /^#(?:N\/A|NULL!|DIV\/0!|VALUE!|REF!|NAME\?|NUM!)$/;

/** Returns true for a value that a spreadsheet shows where a formula failed. */
export function isSpreadsheetError(text: string): boolean {
  return spreadsheetError.test(text.trim());
}

/** Returns true for a label that stands for a missing one. */
export function isMissingLabel(label: string): boolean {
  return missing.has(label.trim().toLowerCase()) || isSpreadsheetError(label);
}

/** The question whether labels such as NA are missing, unless missing_labels answers it; null if there is none. */
export function missingLabelQuestion(
  column: string,
  labels: Iterable<string>,
  options: ParameterValues,
): StudioError | null {
  if (options['missing_labels'] === 'missing' || options['missing_labels'] === 'class') return null;
  const found = [...labels].find(isMissingLabel);
  if (found === undefined) return null;
  return new StudioError(
    'invalid_input',
    `${column} has the label "${found}", which may stand for a missing one.`,
    'Choose missing_labels=missing to leave such rows out, or missing_labels=class if it is the name of a class.',
  ).at('missing_labels');
}

/** Notation of a column of labels, by the options and the first rows. */
export function labelNotationOf(rows: readonly RawRow[], column: string, options: ParameterValues): LabelNotation {
  const hasMissing = options['missing_labels'] === 'missing';
  const chosen = String(options['label_separator'] ?? 'auto');
  const separator = separators.find(({ id }) => id === chosen)?.character ?? null;
  const cells = rows.flatMap(({ cells }) => cellOf(cells, column) ?? []);
  const labels = new Set(
    cells.flatMap((cell) => (typeof cell === 'string' && cell.trim() !== '' ? [cell.trim()] : [])),
  );
  const question =
    (chosen === 'auto' ? compoundQuestion(column, labels) : null) ?? missingLabelQuestion(column, labels, options);
  return { separator, hasMissing, question };
}

/** The question whether a cell has several labels; null if no label is made of others. */
function compoundQuestion(column: string, labels: ReadonlySet<string>): StudioError | null {
  for (const { id, character } of separators) {
    const compound = [...labels].find((label) => isCompound(label, character, labels));
    if (compound === undefined) continue;
    return new StudioError(
      'invalid_input',
      `${column} has the label "${compound.slice(0, 100)}", whose parts are labels of other rows.`,
      `Choose label_separator=${id} if such a cell has several labels, or label_separator=none if it is one label.`,
    ).at('label_separator');
  }
  return null;
}

/** Returns true for a label of at least two parts that are each a whole label elsewhere, or part of another one. */
function isCompound(label: string, separator: string, labels: ReadonlySet<string>): boolean {
  const parts = partsOf(label, separator);
  // A decimal comma is part of a number.
  if (parts.length < 2 || parts.every((part) => /^\d+$/.test(part))) return false;
  const others = [...labels].filter((other) => other !== label);
  return parts.every((part) => others.some((other) => partsOf(other, separator).includes(part)));
}

/** The labels of a cell, each once. */
export function partsOf(cell: string, separator: string): string[] {
  const parts = cell.split(separator).map((part) => part.trim());
  return [...new Set(parts.filter((part) => part !== ''))];
}
