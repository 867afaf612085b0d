import { stat } from 'node:fs/promises';
import { unusedColumnsOption } from '../../../../src-shared/domain/data/accounting.ts';
import type { DatasetSource } from '../../../../src-shared/domain/data/dataset.ts';
import type { ParameterSpec } from '../../../../src-shared/domain/parameters/parameter.ts';
import type { OpenTexts } from '../dataset.ts';
import type { DatasetReader } from '../readers/reader.ts';
import { DataSteps, stepsOf, stepsParameter } from '../steps/data-steps.ts';
import { describeTexts } from './describe-text.ts';
import { exampleAt, inspectRows } from './inspect-rows.ts';
import { inspectTexts } from './inspect-text.ts';
import { labelParameters } from './label-cells.ts';
import type { RowFormat } from './raw-row.ts';
import { planTexts, readTexts, surveySplit } from './read-text.ts';
import { tagSchemes } from './tags.ts';
import { filesParameter, findTextFiles, foldersFiles, hasExtension, matchingFiles } from './text-files.ts';

function columnParameter(name: string, label: string, help: string): ParameterSpec {
  return { name, label, type: 'text', default: '', help, names: 'column' };
}

/** Options of every text format. */
const textParameters: readonly ParameterSpec[] = [
  columnParameter('text', 'Text column', 'The text itself.'),
  columnParameter('text_pair', 'Pair column', 'The second text of a pair.'),
  columnParameter('label', 'Label column', 'The class, value or list of labels.'),
  columnParameter('choices', 'Choices column', 'The answers to choose from; the label says which is right.'),
  columnParameter(
    'system',
    'System column',
    'The system prompt: the first message of a conversation, or the text before a prompt.',
  ),
  columnParameter('prompt', 'Prompt column', 'Text before the completion.'),
  columnParameter('input', 'Input column', 'Text appended to the prompt.'),
  columnParameter(
    'history',
    'History column',
    'Turns before the prompt, as [["question", "answer"], …] or as messages; the row becomes a conversation.',
  ),
  columnParameter('completion', 'Completion column', 'Text to generate.'),
  columnParameter('messages', 'Messages column', 'The conversations.'),
  columnParameter('tools', 'Tools column', 'What the assistant of a conversation may call: a list, or the JSON of it.'),
  columnParameter(
    'rejected',
    'Rejected column',
    'The answer that is worse than the completion, for preference training.',
  ),
  columnParameter('desirable', 'Desirable column', 'Whether the completion is wanted (true or false), for KTO.'),
  columnParameter('words', 'Words column', 'Lists of words, each with a tag.'),
  columnParameter('tags', 'Tags column', 'Lists with the tag of each word.'),
  columnParameter('question', 'Question column', 'What is asked about the text, as in SQuAD.'),
  columnParameter('context', 'Context column', 'The text that has the answer.'),
  columnParameter('answers', 'Answers column', 'SQuAD’s answers: their texts, and where each begins in the context.'),
  columnParameter(
    'anchor',
    'Anchor column',
    'For embeddings: a text or query whose vector is brought near that of its positive.',
  ),
  columnParameter('positive', 'Positive column', 'The text that matches the anchor.'),
  columnParameter('negative', 'Negative column', 'A text, or a list of texts, that does not match the anchor.'),
  {
    name: 'tag_scheme',
    label: 'Tag scheme',
    type: 'choice',
    default: 'auto',
    choices: [
      { value: 'auto', label: 'Auto-detect' },
      ...Object.entries(tagSchemes).map(([value, label]) => ({ value, label })),
    ],
    help: 'How tags mark the words of an entity. Every scheme is read as IOB2: B- begins an entity, I- continues it, O is none.',
    advanced: true,
  },
  {
    name: 'tag_names',
    label: 'Tag names',
    type: 'text',
    default: '',
    help: 'Of tags that are numbers, their names from 0 on with commas between: O,B-PER,I-PER.',
    advanced: true,
  },
  ...labelParameters,
  {
    name: 'guess_columns',
    label: 'Guess columns',
    type: 'boolean',
    default: true,
    help: 'Guess the columns that are not given from their names and contents. Off: only given columns are read.',
  },
  filesParameter,
  {
    name: unusedColumnsOption,
    label: 'Unused columns',
    type: 'text',
    default: '',
    help: 'Columns with content that is left out on purpose, with commas between; * for all others. A column that looks like content needs a role or a place here.',
  },
  {
    name: 'split_by',
    label: 'Split by',
    type: 'choice',
    default: 'guessed',
    choices: [
      { value: 'guessed', label: 'Auto-detect' },
      { value: 'share', label: 'Random split' },
      { value: 'column', label: 'By column' },
      { value: 'file', label: 'Separate file' },
      { value: 'stratified', label: 'Stratified' },
      { value: 'group', label: 'By group' },
      { value: 'time', label: 'By time' },
    ],
    help: 'How test rows are separated from training rows. Auto-detect: a second file, else a column called split, else a random split. Stratified: the same share of each label. By group: rows with an equal value stay together. By time: the latest rows are for testing.',
  },
  {
    name: 'group_column',
    label: 'Group column',
    type: 'text',
    default: '',
    help: 'Rows with an equal value in it are all in one split, e.g. those of one author.',
    names: 'column',
  },
  {
    name: 'time_column',
    label: 'Time column',
    type: 'text',
    default: '',
    help: 'Dates, times or numbers; the latest rows are for testing.',
    names: 'column',
  },
  {
    name: 'split_column',
    label: 'Split column',
    type: 'text',
    default: '',
    help: 'The column with the split of each row.',
    names: 'column',
  },
  {
    name: 'test_split',
    label: 'Test split',
    type: 'text',
    default: 'test',
    help: 'Value of the split column for test rows.',
  },
  {
    name: 'test_fraction',
    label: 'Test fraction',
    type: 'number',
    default: 0.2,
    minimum: 0,
    maximum: 1,
    step: 0.05,
    help: 'Share of all rows: 0.2 is 20 %.',
  },
  { name: 'seed', label: 'Split seed', type: 'integer', default: 0, help: 'Seed that selects the test rows.' },
  {
    name: 'test_file',
    label: 'Test file',
    type: 'text',
    default: '',
    help: 'A file with the same columns whose rows are all test rows. Empty: none.',
    names: 'file',
  },
  {
    name: 'skip_faulty_rows',
    label: 'Leave out faulty rows',
    type: 'boolean',
    default: false,
    help: 'Skips rows that cannot be read. Off: the import stops if they are more than 10 and more than 1 % of all rows.',
  },
  stepsParameter,
];

/** Text reader on top of a row format: all formats share splitting, mapping and checks. */
export function textReader(
  { id, label, summary }: { id: string; label: string; summary: string },
  format: RowFormat,
): DatasetReader<OpenTexts> {
  return {
    declaration: { id, label, summary, parameters: [...textParameters, ...(format.parameters ?? [])] },

    async detect(path, { files = '' } = {}): Promise<DatasetSource | null> {
      const isFolder = (await stat(path)).isDirectory();
      if (isFolder && files !== '') {
        const chosen = await matchingFiles(path, String(files));
        return chosen.every((file) => hasExtension(file, format.extensions)) ? { reader: id, path, options: {} } : null;
      }
      const known = isFolder ? (await foldersFiles(path, format)) !== null : hasExtension(path, format.extensions);
      return known ? { reader: id, path, options: {} } : null;
    },

    inspect: (path, options) => inspectTexts(path, format, options),
    rows: (path, options, query) => inspectRows(path, format, options, query),
    example: (path, options, where) => exampleAt(path, format, options, where),

    async open(path, options) {
      const files = await findTextFiles(path, format, options);
      const plan = await planTexts(files, format, options);
      const steps = new DataSteps(stepsOf(options));
      let surveyed: Promise<void> | undefined;
      const prepare = async (signal?: AbortSignal) => {
        surveyed ??= surveySplit(plan, format, { signal }).catch((thrown: unknown) => {
          surveyed = undefined;
          throw thrown;
        });
        await surveyed;
        await steps.prepare(() => readTexts(plan, format), signal);
      };
      return {
        kind: 'texts',
        columns: plan.mapping.columns,
        describe: async (watch) => {
          await prepare(watch?.signal);
          return describeTexts(plan, format, steps.begin(), watch);
        },
        async *examples(split) {
          await prepare();
          const reading = steps.begin();
          for await (const rows of readTexts(plan, format, { split }))
            for (const row of reading.take(rows))
              if (row.kind === 'example' && row.example.split === split) yield row.example;
        },
        close: () => undefined,
      };
    },
  };
}
