import { IconAlertTriangle } from '@tabler/icons-react';
import type { ReadRow, TextColumns, TextExample } from '../../../src-shared/domain/data/dataset.ts';
import { messageText } from '../../../src-shared/domain/generation/chat-message.ts';
import { preferenceOf } from '../../../src-shared/tasks/preference.ts';
import type { DataColumn } from '../../components/table/data-table.tsx';
import { dataStrings } from '../../strings/data.ts';
import classes from './data.module.css';
import { TaggedWords } from './tagged-words.tsx';

/** A table needs the beginning of a text only; the browser cuts it further. */
const cellCharacters = 300;

type NamedContent = [header: string, value: (example: TextExample) => string];

/** The columns of a table of rows: where each comes from, then what is learned from. A faulty row says why it is none. */
export function rowColumns(columns: TextColumns, { withSplit }: { withSplit: boolean }): DataColumn<ReadRow>[] {
  const contents: NamedContent[] = [];
  if (columns.words !== null) contents.push(['Words', ({ text }) => text ?? '']);
  if (columns.text !== null) contents.push(['Text', ({ text }) => text ?? '']);
  if (columns.answers !== null) contents.push(...questionContents);
  // A prompt and its completion are the same texts.
  if (columns.anchor !== null && columns.completion === null) {
    contents.push(...pairContents);
    if (columns.negative !== null) contents.push(['Negatives', ({ negatives }) => negatives?.join(' | ') ?? '']);
  }
  if (columns.text_pair !== null) contents.push(['Pair', ({ textPair }) => textPair ?? '']);
  if (columns.choices !== null) contents.push(['Choices', ({ choices }) => choices?.join(' | ') ?? '']);
  if (columns.rejected !== null) contents.push(...preferenceContents);
  else {
    // With earlier turns or tools, a row is a conversation.
    const isTalk = (columns.messages ?? columns.history ?? columns.tools) !== null;
    if (columns.prompt !== null && !isTalk) contents.push(['Prompt', ({ prompt }) => prompt ?? '']);
    if (columns.completion !== null && !isTalk) contents.push(['Completion', ({ completion }) => completion ?? '']);
    if (isTalk) contents.push(['Messages', ({ messages }) => conversation(messages)]);
  }
  if (columns.desirable !== null) contents.push(['Wanted', ({ desirable }) => String(desirable)]);
  return [
    { id: 'row', header: 'Row', sortable: false, value: whereOf, width: 96 },
    ...(withSplit
      ? [{ id: 'split', header: 'Split', sortable: false, width: 64, value: (row: ReadRow) => splitOf(row) ?? 'none' }]
      : []),
    ...(columns.label === null
      ? []
      : [
          {
            id: 'label',
            header: 'Label',
            sortable: false,
            width: 120,
            value: (row: ReadRow) => (row.kind === 'example' ? labelWords(row.example.label) : ''),
            cell: (row: ReadRow) => (
              <Cut text={row.kind === 'example' ? labelWords(row.example.label) : ''} className={classes['label']} />
            ),
          },
        ]),
    ...contents.map(([header, value], index) => ({
      id: header,
      header,
      sortable: false,
      value: (row: ReadRow) => (row.kind === 'example' ? value(row.example) : ''),
      cell: (row: ReadRow) => {
        if (row.kind === 'example') return <Content example={row.example} text={value(row.example)} />;
        return index === 0 ? <Fault message={row.message} isFault={row.kind === 'fault'} /> : null;
      },
    })),
  ];
}

/** A prompt and its two answers, whatever the columns are that they come from. */
const preferenceContents: NamedContent[] = [
  ['Prompt', (example) => example.prompt ?? conversation(preferenceOf(example).asked)],
  ['Chosen', (example) => example.completion ?? conversation(preferenceOf(example).chosen)],
  [
    'Rejected',
    (example) =>
      typeof example.rejected === 'string' ? example.rejected : conversation(preferenceOf(example).rejected),
  ],
];

/** A question before the text that is asked about, which is long. */
const questionContents: NamedContent[] = [
  ['Question', ({ question }) => question ?? ''],
  ['Answers', ({ answers }) => answerWords(answers)],
  ['Context', ({ context }) => context ?? ''],
];

/** An anchor and the text that belongs to it. */
const pairContents: NamedContent[] = [
  ['Anchor', ({ anchor }) => anchor ?? ''],
  ['Positive', ({ positive }) => positive ?? ''],
];

/** The right answers, each once. */
export function answerWords(answers: TextExample['answers'] = []): string {
  return [...new Set(answers.map(({ text }) => text))].join(' | ') || dataStrings.unanswerable;
}

export function whereOf(row: ReadRow): string {
  return row.kind === 'example' ? row.example.row : row.where;
}

export function labelWords(label: TextExample['label']): string {
  return Array.isArray(label) ? label.join(', ') : (label ?? '');
}

function splitOf(row: ReadRow): 'train' | 'test' | null {
  return row.kind === 'example' ? row.example.split : null;
}

function conversation(messages: TextExample['messages']): string {
  return (messages ?? [])
    .map((message) => `${message.role}: ${messageText(message).slice(0, cellCharacters)}`)
    .join(' → ');
}

/** A text, or words with the entities that they are tagged with. */
function Content({ example, text }: { example: TextExample; text: string }) {
  if (example.tags === undefined) return <Cut text={text} className={classes['text']} />;
  return (
    <span className={classes['text']} title={text.slice(0, cellCharacters)}>
      <TaggedWords words={example.words} tags={example.tags} />
    </span>
  );
}

function Cut({ text, className }: { text: string; className: string | undefined }) {
  const shown = text.slice(0, cellCharacters).replaceAll(/\s+/g, ' ');
  return (
    <span className={className} title={shown}>
      {shown}
    </span>
  );
}

function Fault({ message, isFault }: { message: string; isFault: boolean }) {
  return (
    <span className={classes['fault']} title={message} data-fault={isFault || undefined}>
      <IconAlertTriangle size={14} aria-hidden /> {message}
    </span>
  );
}
