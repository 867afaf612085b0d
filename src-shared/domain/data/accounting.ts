import { z } from 'zod';
import { formatCount, plural } from '../../format/numbers.ts';

const columnAccountSchema = z.object({
  name: z.string(),
  use: z
    .enum(['used', 'unused', 'question'])
    .describe('question: it looks like content and has no role; the dataset is added once somebody answers'),
  as: z.string().nullable().describe('its roles if it is used, else the reason why it is not'),
  filledRows: z.number().int().describe('rows with a value in it'),
  sample: z.string().nullable().describe('beginning of its content, for a question; else null'),
  loses: z
    .enum(['system prompt', 'history', 'tools', 'input'])
    .nullable()
    .describe('what its rows lose if it is not used'),
});
export type ColumnAccount = z.infer<typeof columnAccountSchema>;

const leftOutSchema = z.object({
  reason: z.string(),
  count: z.number().int(),
  rows: z.array(z.string()).describe('the first ones, e.g. row 7'),
});
export type LeftOut = z.infer<typeof leftOutSchema>;

const likeLabelsSchema = z.object({
  labels: z.array(z.string()).describe('spellings, the most frequent first'),
  counts: z.array(z.number().int()).describe('rows with each'),
  isMerged: z.boolean().describe('whether they are read as one label; if not, they are classes of their own'),
});
export type LikeLabels = z.infer<typeof likeLabelsSchema>;

/** Use of every column and row of a text file: what is learned from, what is not, and why. */
export const accountingSchema = z.object({
  layout: z.string().nullable().describe('label of the known layout that assigned the columns'),
  columns: z.array(columnAccountSchema),
  rows: z.object({
    total: z.number().int(),
    train: z.number().int(),
    test: z.number().int(),
    repaired: z.array(leftOutSchema).describe('what steps changed'),
    leftOut: z.array(leftOutSchema),
  }),
  labels: z.array(likeLabelsSchema).describe('labels that differ by their spelling alone'),
  isWhole: z.boolean().describe('whether all rows were read; a preview reads the first ones'),
});
export type Accounting = z.infer<typeof accountingSchema>;

/** Option whose value names the columns that are left out on purpose; `*` stands for all others. */
export const unusedColumnsOption = 'unused_columns';

/** Columns that look like content, have no role, and were not declared unused. */
export function openQuestions({ columns }: Pick<Accounting, 'columns'>): ColumnAccount[] {
  return columns.filter(({ use }) => use === 'question');
}

/** Problem and remedy of content that nobody has assigned or declared unused; null if there is none. */
export function unansweredQuestions(
  accounting: Accounting,
): { readonly message: string; readonly hint: string } | null {
  const open = openQuestions(accounting);
  const [first] = open;
  if (first === undefined) return null;
  const named = open.map(({ name, sample }) => (sample === null ? name : `${name} ("${sample}")`));
  const names = open.map(({ name }) => name).join(', ');
  const [verb, them] =
    open.length === 1 ? ['looks like content and has', 'it'] : ['look like content and have', 'them'];
  const role = roleFor(first, accounting);
  return {
    message: `${named.join(', ')} ${verb} no role, so the model would not learn from ${them}.`,
    hint: `Give ${them} a role${role === null ? '' : `, e.g. ${role}=${first.name}`}, or leave ${them} out with ${unusedColumnsOption}="${names}".`,
  };
}

/** Option that would use a column beside those that are used; null if none suggests itself. */
function roleFor({ loses }: ColumnAccount, { columns }: Accounting): string | null {
  const isUsedAs = (role: string) => columns.some(({ use, as }) => use === 'used' && as?.split(', ').includes(role));
  if (loses === 'system prompt') return 'system';
  if (loses === 'history' || loses === 'tools') return loses;
  if (isUsedAs('prompt') && !isUsedAs('input')) return 'input';
  return isUsedAs('text') && !isUsedAs('text_pair') ? 'text_pair' : null;
}

/** One line of the accounting table. */
export interface AccountingLine {
  readonly what: string;
  readonly is: string;
  readonly detail: string;
  readonly isQuestion: boolean;
}

/** The accounting as a table: a line for each column, each count of rows, each reason and each group of labels. */
export function accountingLines({ layout, columns, rows, labels, isWhole }: Accounting): AccountingLine[] {
  const line = (what: string, is: string, detail: string, isQuestion = false) => ({ what, is, detail, isQuestion });
  const reasons = (is: string, list: readonly LeftOut[]) =>
    list.map(({ reason, count, rows: shown }) =>
      line(plural(count, 'row'), is, `${reason} (${shown.join(', ')}${count > shown.length ? ', …' : ''})`),
    );
  return [
    ...(layout === null ? [] : [line('layout', 'known', layout)]),
    ...columns.map((column) =>
      line(
        `column ${column.name}`,
        column.use === 'question' ? 'unanswered' : column.use,
        columnWords(column),
        column.use === 'question',
      ),
    ),
    line(
      isWhole ? plural(rows.total, 'row') : `the first ${plural(rows.total, 'row')}`,
      'read',
      `${formatCount(rows.train)} train, ${formatCount(rows.test)} test`,
    ),
    ...reasons('repaired', rows.repaired),
    ...reasons('left out', rows.leftOut),
    ...columns.flatMap(({ name, use, loses, filledRows }) =>
      loses === null || use === 'used' || filledRows === 0
        ? []
        : [line(plural(filledRows, 'row'), 'lost', `${loses} in column ${name}`)],
    ),
    ...labels.map((group) =>
      line(
        group.labels.map((label, at) => `${label} (${formatCount(group.counts[at] ?? 0)})`).join(', '),
        group.isMerged ? 'read as one' : 'similar',
        group.isMerged
          ? `one label: ${group.labels[0]}`
          : 'labels that differ by their spelling: merge them, or keep both',
      ),
    ),
  ];
}

function columnWords({ use, as, filledRows, sample }: ColumnAccount): string {
  if (use === 'used') return as ?? '';
  if (use === 'unused') return as ?? '';
  return `${plural(filledRows, 'row')}${sample === null ? '' : `, e.g. "${sample}"`}`;
}
