import { basename, dirname, resolve } from 'node:path';
import { z } from 'zod';
import { describeIssues, StudioError } from '../../../src-shared/contract/errors.ts';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import type { PlannedAdapter } from '../../../src-shared/domain/adapters/adapter-reference.ts';
import { recordsMeant } from '../../../src-shared/domain/app/named-records.ts';
import type { RunConfig, RunRecord } from '../../../src-shared/domain/runs/run.ts';
import { checkRunInput } from '../../../src-shared/domain/runs/run-check.ts';
import { scoredTaskSchema } from '../../../src-shared/domain/studies/plan.ts';
import { configProblem } from '../../../src-shared/studies/config/config-problem.ts';
import { fieldWords } from '../../../src-shared/studies/config/field-words.ts';
import { type AdapterFacts, withFilledLabels } from '../../../src-shared/studies/config/filled-labels.ts';
import { type StudyConfig, studyConfigSchema, studyKind, studyKinds } from '../../../src-shared/studies/index.ts';
import { adapterVariants } from '../../engine/api/adapters.ts';
import { parseYaml } from '../../files/yaml.ts';
import type { Store } from '../../store/open-store.ts';

const kindsText = studyKinds.flatMap(({ kind, formerKinds }) => [kind, ...formerKinds]).join(', ');
const variants = adapterVariants.map(({ declaration }) => declaration);

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

/** A study's file as text, with names of what the store has: nothing is added to it. @throws StudioError as `resolveStudy` */
export async function readStudyText(
  store: Store,
  path: string,
  text: string,
): Promise<{ name: string | null; config: StudyConfig }> {
  const file = basename(path);
  const { name = null, ...value } = studyFile(file, parseYaml(text, file));
  return { name, config: await resolveNamedStudy(store, { file, folder: dirname(path) }, value) };
}

/** The config that a study's file means with the names of what the store has. @throws StudioError as `resolveStudy` */
export function resolveNamedStudy(
  store: Store,
  place: { readonly file: string; readonly folder: string },
  value: { readonly kind: string },
): Promise<StudyConfig> {
  const { file } = place;
  const records = { adapters: store.adapters.list(), runs: store.runs.list(false) };
  return resolveStudy(place, value, {
    adapter: async (word) => {
      const [run] = recordsMeant(records.runs, word);
      const made = run === undefined ? undefined : records.adapters.find(({ id }) => id === run.adapterId);
      return recordsMeant(records.adapters, word).length === 0 && made !== undefined
        ? made.id
        : idOf('adapter', records.adapters, word, file);
    },
    dataset: async (word) => idOf('dataset', store.datasets.list(), word, file),
    model: async (word) => idOf('base', store.models.list(), word, file),
    records: async () => records,
  });
}

function idOf(
  kind: string,
  records: readonly { readonly id: string; readonly name: string }[],
  word: string,
  file: string,
): string {
  const [record, ...others] = recordsMeant(records, word);
  if (record !== undefined && others.length === 0) return record.id;
  const problem = record === undefined ? 'is not in this home' : `is the name of ${others.length + 1}`;
  const way = record === undefined ? `Import it first, or write the name of another ${kind}.` : 'Write an id.';
  throw new StudioError('invalid_input', `${file}: the ${kind} "${word}" ${problem}.`, way);
}

/** Lookups of a study file's words. Each answers with an id, or throws naming the word. */
export interface StudyNames {
  readonly adapter: (word: string) => Promise<string>;
  readonly dataset: (word: string) => Promise<string>;
  readonly model: (word: string) => Promise<string>;
  /** Asked after the words, which may have added adapters. */
  readonly records: () => Promise<{ readonly adapters: readonly AdapterRecord[]; readonly runs: readonly RunRecord[] }>;
}

/**
 * The config that a study's file means: adapters, models and datasets written as one word become what the studio knows them by,
 * and labels, CoTo and seeds that are left out follow from the adapters. @throws StudioError invalid_input naming file and key
 */
export async function resolveStudy(
  { file, folder }: { readonly file: string; readonly folder: string },
  value: { readonly kind: string },
  names: StudyNames,
): Promise<StudyConfig> {
  const kind = studyKind(value.kind);
  const named = await withIds(withTaskPaths(value, folder), names);
  const facts = adapterFacts(await names.records());
  const parsed = studyConfigSchema.safeParse(withFilledLabels(named, facts, fieldWords(variants)));
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
async function withIds(value: unknown, names: StudyNames, key = ''): Promise<unknown> {
  if (typeof value === 'string') {
    if (adapterKeys.has(key)) return { adapterId: await names.adapter(value) };
    if (key === 'dataset') return names.dataset(value);
    return key === 'model' ? names.model(value) : value;
  }
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const item of value) items.push(await withIds(item, names, key));
    return items;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries: [string, unknown][] = [];
  for (const [name, item] of Object.entries(value)) entries.push([name, await withIds(item, names, name)]);
  return Object.fromEntries(entries);
}

/** Returns a lookup of the adapters that a study file names; null for unknown ones. */
function adapterFacts({
  adapters,
  runs,
}: {
  readonly adapters: readonly AdapterRecord[];
  readonly runs: readonly RunRecord[];
}): (adapter: PlannedAdapter) => AdapterFacts | null {
  const ofRun = (run: RunConfig): AdapterFacts => {
    const { adapter, coto, seed } = run;
    const label = labelOf(adapter.variant, coto !== null);
    return { label, coto: coto !== null, seed, run: checkRunInput(run, variants).config ?? run };
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
  const label = variants.find(({ id }) => id === variant)?.label ?? variant;
  return coto ? `${label} + CoTo` : label;
}
