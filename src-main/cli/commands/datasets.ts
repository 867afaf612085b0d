import { existsSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { dataStepUsage } from '../../../src-shared/domain/data/data-steps.ts';
import type { DatasetDescription } from '../../../src-shared/domain/data/dataset.ts';
import { answerNotes } from '../../../src-shared/domain/evaluation/answer-counts.ts';
import { formatBytes } from '../../../src-shared/format/bytes.ts';
import { catalog, checkDataset, detectDataset } from '../../backend/index.ts';
import { addCommand, addGroup, type CommandContext } from '../command.ts';
import { drawAccounting, drawText, readerOptionsOf, summarizeImages, summarizeText } from '../dataset-text.ts';
import { formatCount, formatSummary, formatTable } from '../format.ts';
import { addMethodOptions, parseNumber } from '../method-options.ts';
import { ProgressLine } from '../progress-line.ts';
import { addDataset } from '../read-files.ts';
import { findDataset, findModel } from '../references.ts';

const splitName = z.enum(['train', 'test']);
const steps = z.array(z.string()).optional();
/** From dark to light. */
const shades = ' .:-=+*#%@';

export function addDatasetCommands(parent: Command, context: CommandContext): void {
  const group = addGroup(parent, 'datasets', 'datasets: add, list, preview, validate');

  addCommand(group, context, {
    usage: 'add <path>',
    summary:
      'add a text file (CSV, TSV, JSON, JSONL, Excel, Parquet, Arrow, CoNLL), a folder of save_to_disk, an IDX folder or an image folder to the library; its files are not changed',
    options(command) {
      command.option('--name <name>', 'what to call it (default: the name of the file or folder)');
      addStepOption(command);
      addMethodOptions(command, catalog.datasetReaders, { heading: 'Formats', noun: 'format' });
    },
    input: z.looseObject({ path: z.string(), name: z.string().optional(), step: steps }),
    async run({ path: written, name, step, ...given }, { terminal, withStudio }) {
      const { path, ...files } = folderOf(written);
      const options = await readerOptionsOf(path, withSteps({ ...files, ...given }, step));
      const dataset = await withStudio((client) =>
        addDataset(client, { path, options, ...(name === undefined ? {} : { name }) }, terminal),
      );
      const { text } = dataset.description;
      if (text !== null) terminal.report(drawAccounting(text));
      return { json: dataset, text: `id  ${dataset.id}\n${describe(dataset.description)}` };
    },
  });

  addCommand(group, context, {
    usage: 'list',
    summary: "list the datasets of the library, or those in the cache of Hugging Face's datasets",
    options: (command) => void command.option('--cache', 'those in the cache (HF_DATASETS_CACHE, HF_HOME)'),
    input: z.object({ cache: z.boolean().default(false) }),
    async run({ cache }, { withStudio }) {
      if (cache) {
        const cached = await withStudio((client) => client.request('datasets.cached', {}));
        const rows = cached.map((one) => [one.repository, one.configuration, formatBytes(one.bytes), one.path]);
        return { json: cached, text: formatTable(['dataset', 'configuration', 'size', 'path'], rows) };
      }
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

  addCommand(group, context, {
    usage: 'preview <dataset>',
    summary: 'the first examples of a dataset: texts, or images drawn in characters',
    options: (command) =>
      void command
        .option('--split <split>', 'train or test', 'train')
        .option('--limit <count>', 'how many', parseNumber, 4)
        .option('--offset <count>', 'index of the first one', parseNumber, 0)
        .option('--model <model>', 'a base: reports the answers that its chat template leaves out'),
    input: z.object({
      dataset: z.string(),
      split: splitName,
      limit: z.number(),
      offset: z.number(),
      model: z.string().optional(),
    }),
    async run({ dataset: reference, split, limit, offset, model }, { terminal, withStudio }) {
      const { dataset, examples, texts } = await withStudio(async (client) => {
        const found = await findDataset(client, reference, terminal);
        if (found.description.text !== null) {
          const shown = await client.request('datasets.texts', { id: found.id, split, limit, offset });
          if (model !== undefined) {
            const { id } = await findModel(client, model);
            const { answers } = await client.request('datasets.lengths', { id: found.id, model: id });
            for (const note of answerNotes(answers)) terminal.report(`${note}\n`);
          }
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

  addCommand(group, context, {
    usage: 'validate <path>',
    summary: 'read every example of a dataset (a path, or one of the library) and list its problems',
    options(command) {
      addStepOption(command);
      addMethodOptions(command, catalog.datasetReaders, { heading: 'Formats', noun: 'format' });
    },
    input: z.looseObject({ path: z.string(), step: steps }),
    async run({ path: written, step, ...given }, { terminal, withStudio }) {
      const known = await withStudio(async (client) =>
        (await client.request('datasets.list', {})).find(({ id, name }) => id === written || name === written),
      );
      const sourceOfPath = async () => {
        const { path, ...files } = folderOf(written);
        const options = await readerOptionsOf(path, withSteps({ ...files, ...given }, step));
        return { ...(await detectDataset(resolve(path), options)), options };
      };
      const source = known?.source ?? (await sourceOfPath());
      const line = new ProgressLine(terminal);
      const description = await checkDataset(source, (progress) => line.show(progress)).finally(() => line.clear());
      const { problems, text } = description;
      if (text !== null) terminal.report(drawAccounting(text));
      const changes = (text?.repairs ?? []).map(({ where, message }) => `  ${where}: ${message}\n`);
      const changed = changes.length === 0 ? '' : `Changed by steps:\n${changes.join('')}`;
      const found = problems.length === 0 ? 'Every example can be read.\n' : 'Problems:\n';
      const lines = problems.map(({ where, message }) => `  ${where}: ${message}\n`);
      return { json: description, text: `${describe(description)}${changed}${found}${lines.join('')}` };
    },
  });
}

/** A path, or the folder and the pattern of a path such as parts/*.csv. */
function folderOf(path: string): { readonly path: string; readonly files?: string } {
  const name = basename(path);
  return /[*?{[]/.test(name) && !existsSync(path) ? { path: dirname(path), files: name } : { path };
}

function addStepOption(command: Command): void {
  const collect = (step: string, before: string[] = []) => [...before, step];
  command.option('--step <step>', `a step of --steps; may be given again: ${dataStepUsage}`, collect);
}

/** The steps that were given one by one, after those that were given together. */
function withSteps(given: Readonly<Record<string, unknown>>, step: readonly string[] = []): Record<string, unknown> {
  if (step.length === 0) return { ...given };
  const before = typeof given['steps'] === 'string' ? [given['steps']] : [];
  return { ...given, steps: [...before, ...step].join('; ') };
}

function describe(description: DatasetDescription): string {
  const { image, splits, labels } = description;
  const facts = formatSummary([
    ['task', description.task],
    ...(image === null
      ? []
      : [['images', `${image.height} × ${image.width}, ${image.channels === 1 ? 'grey' : 'RGB'}`] as const]),
    ['size', formatBytes(description.sizeBytes)],
    ...(description.text === null ? summarizeImages(description) : summarizeText(description.text)),
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
