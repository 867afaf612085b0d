import { columnNamed, plain } from '../text/known-columns.ts';
import { isEmptyCell, isObject, type RawRow } from '../text/raw-row.ts';
import { spansIn } from '../text/spans.ts';
import { areTexts, CellFault, type ColumnFinder } from './layout.ts';

/** Columns and members that annotation tools write beside the annotations. */
export const bookkeeping = {
  comments: 'comments of annotators',
  annotator: 'who annotated it',
  annotationid: 'number of the annotation',
  leadtime: 'time of the annotation',
  createdat: 'time of the annotation',
  updatedat: 'time of the annotation',
  meta: 'notes of the task',
  metadata: 'notes of the record',
  relations: 'relations between entities, which no task learns',
};
/** Kinds of columns in a flat export of Label Studio, whose names are those of the labeling interface. */
const studioKinds = {
  text: 'the text',
  spans: 'any column of spans',
  choices: 'any column of choices',
  written: 'any column of written texts',
} as const;

/** Columns of a flat export that are neither the text nor an annotation. */
const studioFacts: ReadonlySet<string> = new Set(['id', 'annotator', ...Object.keys(bookkeeping)]);

export function studioColumn(kind: keyof typeof studioKinds): ColumnFinder {
  return { described: studioKinds[kind], find: (names, rows) => studioColumns(names, rows)[kind] };
}

/** The text of a flat export: the column text, or the first one of texts; and the last column of each kind of annotation. */
function studioColumns(
  names: readonly string[],
  rows: readonly RawRow[],
): Readonly<Record<keyof typeof studioKinds, string | undefined>> {
  const columns = names
    .filter((name) => !studioFacts.has(plain(name)))
    .map((name) => ({ name, cells: rows.map(({ cells }) => cells[name]).filter((cell) => !isEmptyCell(cell)) }))
    .filter(({ cells }) => cells.length > 0);
  const isText = (cells: readonly unknown[]) => cells.every((cell) => typeof cell === 'string') && areTexts(cells);
  const ofTexts = columns.filter(({ cells }) => isText(cells));
  const text = columnNamed(names, ['text']) ?? ofTexts[0]?.name;
  // The program writes a task's own columns, its number, and then the annotations.
  const [own, number] = [text, 'id'].map((name) => names.indexOf(name ?? ''));
  const first = own !== undefined && number !== undefined && own >= 0 && own < number ? number : -1;
  const annotations = columns.filter(({ name }) => name !== text && names.indexOf(name) > first);
  const last = (holds: (cells: readonly unknown[]) => boolean) =>
    annotations.findLast(({ cells }) => holds(cells))?.name;
  const hasList = (cell: unknown, key: string) => isObject(cell) && Array.isArray(cell[key]);
  return {
    text,
    spans: last((cells) => cells.every((cell) => Array.isArray(cell) && cell.every((one) => hasList(one, 'labels')))),
    choices:
      last((cells) => cells.some((cell) => hasList(cell, 'choices'))) ??
      last((cells) => cells.every((cell) => typeof cell === 'string') && !isWritten(cells)),
    written: last((cells) => cells.some((cell) => hasList(cell, 'text')) || isText(cells)),
  };
}

/** Returns true for texts that an annotator wrote, rather than chose: three words or more, and hardly one twice. */
function isWritten(cells: readonly unknown[]): boolean {
  const long = cells.filter((cell) => /\S\s+\S+\s+\S/.test(String(cell)));
  return 2 * long.length > cells.length && 2 * new Set(cells).size > cells.length;
}

/** A text with its spans. */
export type Spanned = readonly [text: unknown, spans: ReturnType<typeof spansIn>];

/** The text of a task: `text`, or the only text among its data. */
export function onlyText(data: unknown): unknown {
  if (!isObject(data)) return undefined;
  if (typeof data['text'] === 'string') return data['text'];
  const texts = Object.values(data).filter((value) => typeof value === 'string');
  return texts.length === 1 ? texts[0] : undefined;
}

export function studioText(data: unknown): unknown {
  return onlyText(data) ?? new CellFault('data has no text, or several: name it text');
}

/** The results of the annotations of a task that were not canceled. */
function studioResults(annotations: unknown): Record<string, unknown>[][] {
  if (!Array.isArray(annotations)) return [];
  return annotations.flatMap((annotation) => {
    if (!isObject(annotation) || annotation['was_cancelled'] === true) return [];
    const { result } = annotation;
    return Array.isArray(result) ? [result.filter(isObject)] : [];
  });
}

function valuesOf(results: readonly Record<string, unknown>[], type: string): unknown[] {
  return results.flatMap((one) => (one['type'] === type ? [one['value']] : []));
}

export function studioSpans([data, annotations, completions]: readonly unknown[]): Spanned | CellFault {
  const answers = studioResults(annotations ?? completions).map((results) => valuesOf(results, 'labels'));
  const spans = theSame(answers, 'annotations');
  return spans instanceof CellFault ? spans : [studioText(data), spansIn(spans)];
}

export function studioChoice(annotations: unknown): unknown {
  const answers = studioResults(annotations).map((results) =>
    valuesOf(results, 'choices').flatMap((value) =>
      isObject(value) && Array.isArray(value['choices']) ? value['choices'] : [],
    ),
  );
  const choice = theSame(answers, 'annotations');
  if (!Array.isArray(choice)) return choice;
  return choice.length === 1 ? choice[0] : choice.length === 0 ? new CellFault('annotations has no choice') : choice;
}

/** The answer that several annotators gave; a fault if they differ, or if there is none. */
export function theSame(answers: readonly unknown[], column: string): unknown {
  const [first, ...others] = answers;
  if (first === undefined) return new CellFault(`${column} is empty, so the text is not annotated: leave the row out`);
  return others.some((other) => JSON.stringify(other) !== JSON.stringify(first))
    ? new CellFault(`${column} has ${answers.length} answers that differ: keep one of them`)
    : first;
}
