import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { z } from 'zod';
import { describeIssues } from '../../../src-shared/contract/errors.ts';
import { maxSamples, type RunSamples } from '../../../src-shared/domain/runs/run-samples.ts';
import {
  type HistoryPart,
  historyFiles,
  samplePaths,
  unpackAnswers,
  unpackHistory,
  unpackInputs,
} from '../../engine/api/training.ts';
import type { ResultRows, RowsRequest } from '../reading/bundle-schemas.ts';
import { bundleLimits } from '../reading/limits.ts';
import { orRefused, refusedResult } from './read-result.ts';

/**
 * Reads history and samples of results whose files are in the home. Results that would bring all values together above the
 * limit are left to the next call.
 */
export async function readRows(results: readonly RowsRequest[]): Promise<ResultRows[]> {
  const rows: ResultRows[] = [];
  let values = 0;
  for (const result of results) {
    const read = await orRefused(() => rowsOf(result));
    values += read.kind === 'read' ? valueCount(read.history) : 0;
    if (rows.length > 0 && values > bundleLimits.values) return rows;
    rows.push(read);
  }
  return rows;
}

async function rowsOf(result: RowsRequest): Promise<ResultRows> {
  const parts = await readHistory(result);
  const history = parts.map(({ columns, masks, ...part }) => ({ ...part, columns: [...columns], masks: [...masks] }));
  return { kind: 'read', history, samples: await readSamples(result) };
}

async function readHistory({ job, runFolder, steps, columns }: RowsRequest): Promise<HistoryPart[]> {
  const { unpacked } = bundleLimits.history;
  const parts: HistoryPart[] = [];
  let left: number = unpacked;
  for (const path of await historyFiles(runFolder)) {
    const name = `history/${basename(path)}`;
    const refuse = (why: string) => refusedResult(job, `${name} ${why}`);
    const { part, bytes } = await orTooLarge(unpackHistory(await readFile(path), Math.max(1, left)), refuse, unpacked);
    left -= bytes;
    checkPart(part, steps, refuse);
    parts.push(part);
  }
  const names = new Set(parts.flatMap((part) => part.columns.map(({ name }) => name)));
  if (parts.length === 0) throw refusedResult(job, 'it has no history');
  if (names.size > columns)
    throw refusedResult(job, `its history has ${names.size} metrics, and a run of this base at most ${columns}`);
  const values = valueCount(parts);
  if (values > bundleLimits.values)
    throw refusedResult(job, `its history has ${values} values, and at most ${bundleLimits.values} are read`);
  return parts;
}

function valueCount(parts: readonly HistoryPart[]): number {
  return parts.reduce((sum, { columns }) => sum + columns.reduce((of, { values }) => of + values.length, 0), 0);
}

type Refuse = (why: string) => Error;

/** Evaluations are numbered by the steps before them, so that the last one has the number of all steps. */
function checkPart({ step, columns, masks }: HistoryPart, steps: number, refuse: Refuse): void {
  requireStep(step, steps, refuse);
  for (const column of columns) {
    const name = column.name.slice(0, bundleLimits.metricName);
    if (column.name.length > name.length)
      throw refuse(`has a metric whose name is longer than ${name.length} characters ("${name}…")`);
    if (column.steps.length !== column.values.length)
      throw refuse(`has ${column.steps.length} steps and ${column.values.length} values of "${name}"`);
    if (column.steps.length > steps + 1)
      throw refuse(`has ${column.steps.length} values of "${name}", and its run plans ${steps} steps`);
    for (const at of column.steps) requireStep(at, steps, refuse);
  }
  for (const { firstStep, groupCount, bytes } of masks) {
    if (groupCount === 0 || bytes.length % groupCount !== 0)
      throw refuse(`has masks of ${bytes.length} bytes for ${groupCount} groups`);
    requireStep(firstStep + bytes.length / groupCount, steps, refuse);
  }
}

function requireStep(step: number, steps: number, refuse: Refuse): void {
  if (step < 0 || step > steps) throw refuse(`has the step ${step}, and its run plans ${steps} steps`);
}

async function readSamples({ job, runFolder, steps }: RowsRequest): Promise<RunSamples | null> {
  const paths = await samplePaths(runFolder);
  if (paths === null) return null;
  const { unpacked } = bundleLimits.samples;
  let left: number = unpacked;
  const read = async <Value>(
    path: string,
    unpack: (packed: Uint8Array, maxBytes: number) => Promise<{ value: Value; bytes: number }>,
    check: (value: Value, refuse: Refuse) => void,
  ): Promise<Value> => {
    const refuse = (why: string) => refusedResult(job, `samples/${basename(path)} ${why}`);
    const { value, bytes } = await orTooLarge(unpack(await readFile(path), Math.max(1, left)), refuse, unpacked);
    left -= bytes;
    check(value, refuse);
    return value;
  };
  const inputs = await read(paths.inputs, unpackInputs, (list, refuse) => {
    if (list.length > maxSamples) throw refuse(`has ${list.length} samples, and a run keeps at most ${maxSamples}`);
    for (const input of list)
      if (input.kind === 'image' && input.pixels.length !== input.height * input.width * input.channels)
        throw refuse('has an image with another number of pixels than its size');
  });
  const answered: RunSamples['steps'] = [];
  for (const path of paths.steps)
    answered.push(
      await read(path, unpackAnswers, ({ step, answers }, refuse) => {
        requireStep(step, steps, refuse);
        if (answers.length > inputs.length) throw refuse(`has ${answers.length} answers to ${inputs.length} samples`);
      }),
    );
  return { inputs, steps: answered };
}

/** An unpacked file. @throws StudioError for one that is damaged, or unpacks to more than is left of the limit */
async function orTooLarge<Read>(reading: Promise<Read>, refuse: Refuse, limit: number): Promise<Read> {
  try {
    return await reading;
  } catch (thrown) {
    const isTooLarge = thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_BUFFER_TOO_LARGE';
    if (isTooLarge) throw refuse(`unpacks to more than the ${limit / 2 ** 20} MiB that are read of such files`);
    if (thrown instanceof z.ZodError)
      throw refuse(`is not valid (${describeIssues({ issues: thrown.issues.slice(0, 1) })})`);
    throw refuse('is damaged');
  }
}
