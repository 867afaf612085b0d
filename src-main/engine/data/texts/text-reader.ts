import { stat } from 'node:fs/promises';
import type { DatasetSource } from '../../../../src-shared/domain/dataset.ts';
import type { ParameterSpec } from '../../../../src-shared/domain/parameter.ts';
import type { OpenTexts } from '../dataset.ts';
import type { DatasetReader } from '../readers/reader.ts';
import { describeTexts } from './describe-texts.ts';
import type { RowFormat } from './raw-row.ts';
import { planTexts, readTexts } from './read-texts.ts';
import { filesOfFolder, findTextFiles, hasExtension } from './text-files.ts';

function columnParameter(name: string, label: string, help: string): ParameterSpec {
  return { name, label, type: 'text', default: '', help: `${help} Empty: guessed from names and contents.` };
}

/** The options of every format of texts. */
const textParameters: readonly ParameterSpec[] = [
  columnParameter('text', 'Text column', 'The column with the text.'),
  columnParameter('text_pair', 'Pair column', 'The column with the second text of a pair.'),
  columnParameter('label', 'Label column', 'The column with the class, the value, or the list of labels.'),
  columnParameter(
    'choices',
    'Choices column',
    'The column with the answers to choose from; the label says which is right.',
  ),
  columnParameter('prompt', 'Prompt column', 'The column with what stands before the completion.'),
  columnParameter('input', 'Input column', 'The column that is put after the prompt.'),
  columnParameter('completion', 'Completion column', 'The column with what is to be written.'),
  columnParameter('messages', 'Messages column', 'The column with conversations.'),
  columnParameter('split_column', 'Split column', 'The column that says which split a row is of.'),
  {
    name: 'test_split',
    label: 'Test split',
    type: 'text',
    default: 'test',
    help: 'What the split column says of rows for testing.',
  },
  {
    name: 'test_fraction',
    label: 'Test share',
    type: 'number',
    default: 0.2,
    minimum: 0,
    maximum: 1,
    step: 0.05,
    help: 'Which share of the rows is for testing, where neither a column nor a file says so.',
  },
  { name: 'seed', label: 'Split seed', type: 'integer', default: 0, help: 'Which rows are drawn for testing.' },
  {
    name: 'test_file',
    label: 'Test file',
    type: 'text',
    default: '',
    help: 'A file of the same columns whose rows are all for testing. Empty: none.',
  },
];

/** A reader of texts out of rows: all formats split, map and check alike. */
export function textReader(
  { id, label, summary }: { id: string; label: string; summary: string },
  format: RowFormat,
): DatasetReader<OpenTexts> {
  return {
    declaration: { id, label, summary, parameters: [...textParameters] },

    async detect(path): Promise<DatasetSource | null> {
      const isFolder = (await stat(path)).isDirectory();
      const known = isFolder
        ? (await filesOfFolder(path, format.extensions)) !== null
        : hasExtension(path, format.extensions);
      return known ? { reader: id, path, options: {} } : null;
    },

    async open(path, options) {
      const files = await findTextFiles(path, format.extensions, String(options['test_file'] ?? ''));
      const plan = await planTexts(files, format, options);
      return {
        kind: 'texts',
        columns: plan.mapping.columns,
        describe: (watch) => describeTexts(plan, files, format, watch),
        async *examples(split) {
          for await (const rows of readTexts(plan, format))
            for (const row of rows) if (row.kind === 'example' && row.example.split === split) yield row.example;
        },
        close: () => undefined,
      };
    },
  };
}
