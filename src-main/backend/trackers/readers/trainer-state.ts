import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, relative } from 'node:path';
import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { MetricCollector, type RunReader, settingsOf } from './recorded-run.ts';

const fileName = 'trainer_state.json';
const longestFile = 128 * 1024 * 1024;
const stateSchema = z.object({ log_history: z.array(z.record(z.string(), z.unknown())) });
const stepOf = (path: string): number => Number(/^checkpoint-(\d+)$/.exec(basename(dirname(path)))?.[1] ?? Number.NaN);
/** The run's folder: that of a checkpoint is one below it. */
const runFolder = (path: string): string => (Number.isNaN(stepOf(path)) ? dirname(path) : dirname(dirname(path)));

/**
 * The state of a trainer of Transformers, with all that it logged. Among several checkpoints of a run, the last one
 * counts.
 */
export const trainerStateReader: RunReader = {
  id: 'trainer-state',
  label: 'a trainer_state.json of Transformers',
  find({ path, isFolder, files }) {
    if (!isFolder) return basename(path).endsWith('.json') ? [path] : [];
    const byFolder = Map.groupBy(
      files.filter((file) => basename(file) === fileName),
      runFolder,
    );
    return [...byFolder].map(
      ([folder, states]) =>
        // The one that was saved at the end lies in the run's folder itself.
        states.find((file) => dirname(file) === folder) ??
        states.reduce((latest, file) => (stepOf(file) > stepOf(latest) ? file : latest)),
    );
  },
  async read(source, { path, isFolder }) {
    const { size } = await stat(source);
    if (size > longestFile) throw new StudioError('invalid_file', `${source} is larger than 128 MiB.`);
    const state = parseState(await readFile(source, 'utf8'), source);
    const collector = new MetricCollector(source);
    for (const { step, epoch: _, ...values } of state.log_history)
      for (const [name, value] of Object.entries(values))
        if (typeof step === 'number' && typeof value === 'number') collector.add(name, step, value);
    if (collector.isEmpty) throw new StudioError('invalid_file', `${source} has no values: its log_history is empty.`);
    const folder = runFolder(source);
    const name = relative(path, folder).replaceAll('\\', '/');
    const { log_history: _, ...rest } = state;
    return [
      {
        name: isFolder && name !== '' && !name.startsWith('..') ? name : basename(folder),
        columns: collector.columns(),
        settings: settingsOf(rest),
        startedAt: null,
        finishedAt: null,
      },
    ];
  },
};

/** Python writes the numbers that JSON has no word for, as NaN and Infinity. */
function parseState(text: string, path: string): z.output<typeof looseState> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    try {
      value = JSON.parse(text.replace(/(?<=[:[,]\s*)(?:NaN|-?Infinity)(?=\s*[,}\]])/g, 'null'));
    } catch {
      throw new StudioError('invalid_file', `${path} is not JSON.`);
    }
  }
  const parsed = looseState.safeParse(value);
  if (!parsed.success)
    throw new StudioError('invalid_file', `${path} is not the state of a trainer: it has no list log_history.`);
  return parsed.data;
}

const looseState = stateSchema.loose();
