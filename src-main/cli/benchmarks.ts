import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { StudioError } from '../../src-shared/contract/errors.ts';
import type { StudioClient } from '../../src-shared/contract/studio-client.ts';
import type { AdapterRecord } from '../../src-shared/domain/adapters/adapter.ts';
import type { BenchmarkChat, BenchmarkResult, BenchmarkScore } from '../../src-shared/domain/evaluation/benchmark.ts';
import { benchmarkRows, benchmarkValueText, standardErrorText } from '../../src-shared/results/benchmark-rows.ts';
import { lmEvalResults } from '../../src-shared/results/lm-eval.ts';
import { distinctNames } from '../../src-shared/results/names.ts';
import { writeFileAtomic } from '../backend/index.ts';
import type { Answer } from './command.ts';
import { followJob, jobResult } from './follow.ts';
import { formatTable, toJson } from './format.ts';
import { packageVersion } from './package-version.ts';
import type { Terminal } from './terminal.ts';

export interface BenchmarkOrder {
  readonly modelId: string;
  /** The YAML of a task in lm-eval's form, or a folder with some. */
  readonly tasks: string;
  readonly adapters: readonly AdapterRecord[];
  readonly limit: number;
  readonly shots: number | null;
  readonly chat: BenchmarkChat;
  /** A folder for a file of each column in lm-eval's form; null: none is written. */
  readonly out: string | null;
}

/** Runs tasks with the base and each adapter, and answers their scores side by side. */
export async function runBenchmarks(client: StudioClient, order: BenchmarkOrder, terminal: Terminal): Promise<Answer> {
  const { modelId, adapters, limit, chat } = order;
  const model = await client.request('models.get', { id: modelId });
  const names = distinctNames([model.name, ...adapters.map(({ name }) => name)]);
  const files = order.out === null ? [] : plannedFiles(order.out, names);
  const job = await client.request('benchmarks.start', {
    model: modelId,
    tasks: resolve(order.tasks),
    columns: [null, ...adapters.map(({ id }) => ({ adapterId: id }))],
    limit,
    num_fewshot: order.shots,
    ...chat,
  });
  // Before anything is computed, so that long work does not end at a folder that cannot be made.
  if (order.out !== null) await mkdir(resolve(order.out), { recursive: true });
  await followJob(client, job, terminal);
  const result = await jobResult(client, job, 'benchmark');
  const at = Date.now();
  const documents = names.map((name, column) =>
    lmEvalResults(result, column, { name, model: model.name, limit, ...chat, at, version: packageVersion() }),
  );
  for (const [column, file] of files.entries()) await writeFileAtomic(file, toJson(documents[column]));
  const written = files.map((file) => `${file}\n`).join('');
  return {
    json: Object.fromEntries(names.map((name, column) => [name, documents[column]])),
    text: benchmarkTable(result, names) + (written === '' ? '' : `\n${written}`),
  };
}

/** Each task and metric in a line, each column of the benchmark beside it. */
function benchmarkTable(result: BenchmarkResult, names: readonly string[]): string {
  const rows = benchmarkRows(result).map(({ task: { name, examples }, shots, label, scores }) => [
    name,
    shots,
    String(examples),
    label,
    ...names.map((_, column) => scoreText(scores[column])),
  ]);
  return formatTable(['task', 'shots', 'examples', 'metric', ...names], rows, 1);
}

/** Formats a score like lm-eval: the value and its standard error. */
function scoreText(score: BenchmarkScore | undefined): string {
  return `${benchmarkValueText(score)} ${standardErrorText(score)}`.trim();
}

/** @throws StudioError refused for a file that is there */
function plannedFiles(out: string, names: readonly string[]): string[] {
  const folder = resolve(out);
  const stems = names.map((name) => name.normalize().replaceAll(/[^\p{L}\p{M}\p{N}_.-]+/gu, '_'));
  const files = distinctNames(stems, (stem, number) => `${stem}_${number}`).map((stem) =>
    join(folder, `results_${stem}.json`),
  );
  const there = files.find((file) => existsSync(file));
  if (there !== undefined)
    throw new StudioError('refused', `${there} already exists.`, 'Choose another folder: nothing is overwritten.');
  return files;
}
