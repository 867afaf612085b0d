import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { describeIssues, StudioError } from '../../src-shared/contract/errors.ts';
import type { StudioClient } from '../../src-shared/contract/studio-client.ts';
import type { PlannedAdapter } from '../../src-shared/domain/adapters/adapter-reference.ts';
import type { RunConfig } from '../../src-shared/domain/runs/run.ts';
import { checkRunInput } from '../../src-shared/domain/runs/run-check.ts';
import { scoredTaskSchema } from '../../src-shared/domain/studies/plan.ts';
import { configProblem } from '../../src-shared/studies/config/config-problem.ts';
import { fieldWords } from '../../src-shared/studies/config/field-words.ts';
import { type AdapterFacts, withFilledLabels } from '../../src-shared/studies/config/filled-labels.ts';
import { type StudyConfig, studyConfigSchema, studyKind, studyKinds } from '../../src-shared/studies/index.ts';
import { catalog } from '../backend/index.ts';
import { findAdapter, findDataset, findModel } from './references.ts';
import type { Terminal } from './terminal.ts';

const kindsText = studyKinds.flatMap(({ kind, formerKinds }) => [kind, ...formerKinds]).join(', ');

/** Parses the head of a study file: its kind and an optional name. */
export function studyFile(file: string, value: unknown): { name?: string | undefined; kind: string } {
  const parsed = z.looseObject({ kind: z.string(), name: z.string().optional() }).safeParse(value);
  if (parsed.success) return parsed.data;
  throw new StudioError(
    'invalid_input',
    `${file} is not valid: ${describeIssues(parsed.error)}.`,
    `A study says its kind: ${kindsText}.`,
  );
}

/**
 * The config that a study's file means: adapters, models and datasets written as one word become what the studio knows them by,
 * and labels, CoTo and seeds that are left out follow from the adapters. @throws StudioError invalid_input naming file and key
 */
export async function resolveConfig(
  client: StudioClient,
  file: string,
  value: { readonly kind: string },
  terminal: Terminal,
): Promise<StudyConfig> {
  const kind = studyKind(value.kind);
  const named = await resolveNames(client, withTaskPaths(value, dirname(file)), terminal);
  const parsed = studyConfigSchema.safeParse(
    withFilledLabels(named, await adapterFacts(client), fieldWords(catalog.adapterVariants)),
  );
  if (parsed.success) return parsed.data;
  const { message, hint } = configProblem(kind, parsed.error);
  throw new StudioError('invalid_input', `${file} is not valid: ${message}.`, hint);
}

/** Files of tasks by absolute paths: a study names them relative to its own file. A bundled task is a word. */
function withTaskPaths(value: unknown, folder: string): unknown {
  if (Array.isArray(value)) return value.map((item) => withTaskPaths(item, folder));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => {
    const task = key === 'score' ? scoredTaskSchema.safeParse(item).data : undefined;
    if (task === undefined) return [key, withTaskPaths(item, folder)];
    return [key, /[./\\]/.test(task.task) ? { ...task, task: resolve(folder, task.task) } : task];
  });
  return Object.fromEntries(entries);
}

const adapterKeys = new Set(['from', 'to', 'adapter', 'adapters']);

/** `adapter` of a run is an object of settings, and stays one: only a word is looked up. */
async function resolveNames(client: StudioClient, value: unknown, terminal: Terminal, key = ''): Promise<unknown> {
  if (typeof value === 'string') {
    if (adapterKeys.has(key)) return { adapterId: (await findAdapter(client, value)).id };
    if (key === 'dataset') return (await findDataset(client, value, terminal)).id;
    if (key === 'model') return (await findModel(client, value)).id;
    return value;
  }
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const item of value) items.push(await resolveNames(client, item, terminal, key));
    return items;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries: [string, unknown][] = [];
  for (const [name, item] of Object.entries(value))
    entries.push([name, await resolveNames(client, item, terminal, name)]);
  return Object.fromEntries(entries);
}

/** Returns a lookup of the adapters that a study file names; null for unknown ones. */
async function adapterFacts(client: StudioClient): Promise<(adapter: PlannedAdapter) => AdapterFacts | null> {
  const adapters = await client.request('adapters.list', {});
  const runs = await client.request('runs.list', {});
  const ofRun = (run: RunConfig): AdapterFacts => {
    const { adapter, coto, seed } = run;
    const label = labelOf(adapter.variant, coto !== null);
    return { label, coto: coto !== null, seed, run: checkRunInput(run, catalog.adapterVariants).config ?? run };
  };
  return (adapter) => {
    if ('run' in adapter) return ofRun(adapter.run);
    const record = 'adapterId' in adapter ? adapters.find(({ id }) => id === adapter.adapterId) : undefined;
    const runId = 'runId' in adapter ? adapter.runId : record?.origin.kind === 'run' ? record.origin.runId : null;
    const run = runs.find(({ id }) => id === runId);
    if (run !== undefined) return ofRun(run.config);
    // Nothing tells adapters from elsewhere apart but their names; seed 0 is that of an unknown one.
    return record === undefined ? null : { label: record.name, coto: record.coto !== null, seed: 0, run: null };
  };
}

function labelOf(variant: string, coto: boolean): string {
  const label = catalog.adapterVariants.find(({ id }) => id === variant)?.label ?? variant;
  return coto ? `${label} + CoTo` : label;
}
