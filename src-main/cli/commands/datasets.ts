import { resolve } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import type { DatasetDescription } from '../../../src-shared/domain/dataset.ts';
import { formatBytes } from '../../../src-shared/format/bytes.ts';
import { openDataset } from '../../engine/data/open-dataset.ts';
import { detectReader } from '../../engine/data/readers/index.ts';
import { addDataset } from '../add-dataset.ts';
import { addCommand, addGroup, type CommandContext } from '../command.ts';
import { describeShowing, drawText, readerOptionsOf, textFacts } from '../dataset-text.ts';
import { formatCount, formatFacts, formatTable } from '../format.ts';
import { parseAssignment, parseNumber } from '../method-options.ts';
import { ProgressLine } from '../progress-line.ts';
import { findDataset } from '../references.ts';

const assignments = z.record(z.string(), z.string()).default({});
const splitName = z.enum(['train', 'test']);
/** From dark to light. */
const shades = ' .:-=+*#%@';

export function addDatasetCommands(parent: Command, surroundings: CommandContext): void {
  const group = addGroup(parent, 'datasets', 'datasets: add, list, preview, validate');

  addCommand(group, surroundings, {
    usage: 'add <path>',
    summary:
      'make a file of texts (CSV, TSV, JSON, JSONL, Parquet), an IDX folder or a folder of images known to the studio; nothing in it is changed',
    options: (command) =>
      void command
        .option('--name <name>', 'what to call it (default: the name of the file or folder)')
        .option(
          '--set <name=value...>',
          'what is guessed otherwise, e.g. text=COLUMN label=COLUMN test_fraction=0.1 seed=1',
          parseAssignment,
        ),
    input: z.object({ path: z.string(), name: z.string().optional(), set: assignments }),
    async run({ path, name, set }, { terminal, withStudio }) {
      const options = await readerOptionsOf(path, set);
      const dataset = await withStudio((client) =>
        addDataset(client, { path, options, ...(name === undefined ? {} : { name }) }, terminal),
      );
      return { json: dataset, text: `id  ${dataset.id}\n${describe(dataset.description)}` };
    },
  });

  addCommand(group, surroundings, {
    usage: 'list',
    summary: 'the datasets that the studio knows',
    input: z.object({}),
    async run(_, { withStudio }) {
      const datasets = await withStudio((client) => client.request('datasets.list', {}));
      const text = formatTable(
        ['id', 'name', 'labels', 'train', 'test', 'licence'],
        datasets.map(({ id, name, description, licence }) => [
          id,
          name,
          description.labels.length === 0 ? '–' : String(description.labels.length),
          ...description.splits.map((split) => formatCount(split.exampleCount)),
          licence ?? '–',
        ]),
      );
      return { json: datasets, text };
    },
  });

  addCommand(group, surroundings, {
    usage: 'preview <dataset>',
    summary: 'the first examples of a dataset: texts, or images drawn in characters',
    options: (command) =>
      void command
        .option('--split <split>', 'train or test', 'train')
        .option('--limit <count>', 'how many', parseNumber, 4)
        .option('--offset <count>', 'from which on', parseNumber, 0),
    input: z.object({ dataset: z.string(), split: splitName, limit: z.number(), offset: z.number() }),
    async run({ dataset: reference, split, limit, offset }, { terminal, withStudio }) {
      const { dataset, examples, texts } = await withStudio(async (client) => {
        const found = await findDataset(client, reference, terminal);
        if (found.description.text !== null) {
          const shown = await client.request('datasets.texts', { id: found.id, split, limit, offset });
          return { dataset: found, examples: [], texts: shown };
        }
        return {
          texts: null,
          dataset: found,
          examples: await client.request('datasets.preview', { id: found.id, split, limit, offset }),
        };
      });
      if (texts !== null) return { json: texts, text: texts.map(drawText).join('\n') };
      const images = examples.map(({ index, label, width, height, channels, pixels }) => {
        const rows = Array.from({ length: height }, (_, y) =>
          Array.from(
            { length: width },
            (_, x) => shades[Math.floor(((pixels[(y * width + x) * channels] ?? 0) * shades.length) / 256)],
          ).join(''),
        );
        return `${split} ${index}: ${dataset.description.labels[label] ?? label}\n${rows.join('\n')}\n`;
      });
      return { json: examples, text: images.join('\n') };
    },
  });

  addCommand(group, surroundings, {
    usage: 'validate <path>',
    summary: 'read every example of a dataset (by path, or one the studio knows) and say what is wrong',
    options: (command) =>
      void command.option('--set <name=value...>', 'options of the reader, as for add', parseAssignment),
    input: z.object({ path: z.string(), set: assignments }),
    async run({ path, set }, { terminal, withStudio }) {
      const known = await withStudio(async (client) =>
        (await client.request('datasets.list', {})).find(({ id, name }) => id === path || name === path),
      );
      const data = await openDataset(
        known?.source ?? { ...(await detectReader(resolve(path))), options: await readerOptionsOf(path, set) },
      );
      const line = new ProgressLine(terminal);
      let description: DatasetDescription;
      try {
        description = data.kind === 'texts' ? await describeShowing(data, line) : data.description;
        const total = description.splits.reduce((sum, split) => sum + split.exampleCount, 0);
        let done = 0;
        for (const { name } of description.splits) {
          if (data.kind === 'texts') break;
          const split = data.split(name);
          for (let index = 0; index < split.count; index++) {
            await split.pixels(index);
            if (++done % 500 === 0)
              line.show({ phase: 'Reading', done, total, unit: 'examples', perSecond: null, etaSeconds: null });
          }
        }
      } finally {
        line.clear();
        data.close();
      }
      const { problems } = description;
      const found = problems.length === 0 ? 'Every example can be read.\n' : 'Problems:\n';
      const lines = problems.map(({ where, message }) => `  ${where}: ${message}\n`);
      return { json: description, text: `${describe(description)}${found}${lines.join('')}` };
    },
  });
}

function describe(description: DatasetDescription): string {
  const { image, splits, labels } = description;
  const facts = formatFacts([
    ['task', description.task],
    ...(image === null
      ? []
      : [['images', `${image.height} × ${image.width}, ${image.channels === 1 ? 'grey' : 'RGB'}`] as const]),
    ['size', formatBytes(description.sizeBytes)],
    ...(description.text === null ? [] : textFacts(description.text)),
    ...splits.map(({ name, exampleCount }) => [name, `${formatCount(exampleCount)} examples`] as const),
    ['problems', String(description.problems.length)],
  ]);
  const balance = formatTable(
    ['label', ...splits.map(({ name }) => name)],
    labels.map((label, index) => [label, ...splits.map(({ perLabel }) => formatCount(perLabel[index] ?? 0))]),
    1,
  );
  return labels.length === 0 ? `${facts}\n` : `${facts}\n${balance}\n`;
}
