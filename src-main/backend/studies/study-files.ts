import { stringify } from 'yaml';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import { type PlannedAdapter, plannedAdapterSchema } from '../../../src-shared/domain/adapters/adapter-reference.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import type { StudyFile, StudyRecord } from '../../../src-shared/domain/studies/study.ts';
import { wordsOfFiles } from '../../../src-shared/studies/config/catalog-words.ts';
import { type StudyConfig, studyConfigSchema, studyKind } from '../../../src-shared/studies/index.ts';
import { provenanceFacts, studyCommand } from '../../../src-shared/studies/report/provenance-facts.ts';
import { studyMarkdown } from '../../../src-shared/studies/report/study-markdown.ts';
import { tableCsv } from '../../../src-shared/studies/report/table-csv.ts';
import { tablesLatex } from '../../../src-shared/studies/report/table-latex.ts';
import { canonicalJson } from '../library/content-keys.ts';
import { checkedRun, shortRun } from '../runs/run-yaml.ts';
import type { Services } from '../services/services.ts';
import { methodsText } from './methods-text.ts';
import { studyWords } from './study-words.ts';

const yamlName = 'study.yaml';
/** Adapters that the Markdown lists with their hashes; result.json lists all. */
const maxAdapters = 4;

/**
 * Returns the files of a saved study: the file that repeats it, its result with its provenance, its tables as Markdown, LaTeX
 * and CSV, and a paragraph on its methods with the papers that it cites.
 * @throws StudioError refused while it has no result
 */
export function studyFiles(
  { store }: Pick<Services, 'store'>,
  study: StudyRecord,
): { readonly command: string; readonly files: StudyFile[] } {
  const { id, name, kind, config, result, provenance, createdAt, finishedAt } = study;
  if (result === null)
    throw new StudioError('refused', `The study "${name}" has no result (${study.status}).`, 'Resume it first.');
  const tables = studyKind(kind).table(result, config, studyWords);
  const tablesOfIds = studyKind(kind).table(result, config, wordsOfFiles(studyWords));
  const { paragraph, bibliography } = methodsText({ store }, study);
  const details = { id, name, kind, createdAt: isoTime(createdAt), finishedAt: isoTime(finishedAt) };
  const shown = tables.map(({ title, columns, rows }) => ({
    title,
    columns: columns.map(({ label }) => label),
    rows: rows.map(({ cells }) => cells),
  }));
  return {
    command: studyCommand,
    files: [
      { name: yamlName, text: studyYaml({ store }, study) },
      {
        name: 'result.json',
        text: `${JSON.stringify({ ...details, config, result, tables: shown, provenance }, null, 2)}\n`,
      },
      { name: 'tables.md', text: studyMarkdown(name, provenanceFacts(provenance, maxAdapters), tables) },
      { name: 'tables.tex', text: tablesLatex(tables) },
      { name: 'methods.tex', text: paragraph },
      { name: 'references.bib', text: bibliography },
      ...tablesOfIds.map((table, at) => ({
        name: tables.length === 1 ? 'table.csv' : `table-${at + 1}.csv`,
        text: tableCsv(table),
      })),
    ],
  };
}

/**
 * The study as `coto study` reads it, without settings at their defaults. Its adapters are given by the runs that make them, as
 * far as these are known, so that it can be made again in another home.
 */
export function studyYaml({ store }: Pick<Services, 'store'>, { name, config }: StudyRecord): string {
  const named = studyKind(config.kind)
    .references(config)
    .flatMap((reference) => {
      const adapter = recordOf({ store }, reference);
      if (adapter === null) return [];
      const place = runOf({ store }, reference) === null ? `${adapter.id}: ` : '';
      return `${place}"${adapter.name}", SHA-256 ${adapter.sha256}`;
    });
  const comment = [`Makes the study again: ${studyCommand}`, ...new Set(named)];
  const { kind, ...settings } = studySettings({ store }, config);
  const written = { kind, name, ...settings };
  return `${comment.map((line) => `# ${line}\n`).join('')}${stringify(written, { lineWidth: 0 })}`;
}

/** The settings of a study's file: its kind, and what is not at its default. Adapters are given by the runs that make them. */
export function studySettings({ store }: Pick<Services, 'store'>, config: StudyConfig): Record<string, unknown> {
  const { kind, ...settings } = record(withoutDefaults(config));
  return { kind, ...withAdaptersAsRuns({ store }, settings) };
}

/** Settings that the file names even at their defaults, which later versions may change. */
const alwaysNamed: ReadonlySet<string> = new Set(['seeds', 'extend']);

/** Leaves out every key, at any depth of objects, without which the config is the same. */
function withoutDefaults(config: StudyRecord['config']): unknown {
  const whole = canonicalJson(config);
  const isSame = (candidate: unknown) => {
    const parsed = studyConfigSchema.safeParse(candidate);
    return parsed.success && canonicalJson(parsed.data) === whole;
  };
  const shorten = (value: unknown, put: (shorter: unknown) => unknown): unknown => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    let kept = record(value);
    for (const key of Object.keys(kept)) {
      const { [key]: item, ...rest } = kept;
      if (!alwaysNamed.has(key) && isSame(put(rest))) kept = rest;
      else kept = { ...kept, [key]: shorten(item, (shorter) => put({ ...kept, [key]: shorter })) };
    }
    return kept;
  };
  return shorten(config, (shorter) => shorter);
}

function record(value: unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(Object(value)));
}

function isoTime(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}

type Parts = Pick<Services, 'store'>;

/** The adapter of a reference, if it is in the studio by its id or its run. */
function recordOf({ store }: Parts, reference: PlannedAdapter): AdapterRecord | null {
  if ('run' in reference) return null;
  const id = 'adapterId' in reference ? reference.adapterId : store.runs.find(reference.runId)?.adapterId;
  return id == null ? null : store.adapters.find(id);
}

/** The completed run that makes the adapter of a reference again in any home; null where none is known. */
function runOf({ store }: Parts, reference: PlannedAdapter): { run: RunConfig; name?: string | undefined } | null {
  if ('run' in reference) return reference;
  const record = recordOf({ store }, reference);
  const run = record?.origin.kind === 'run' ? store.runs.find(record.origin.runId) : null;
  // A checkpoint is no end of a run, and a seed adapter is known by its id here alone.
  if (run === null || run.status !== 'completed' || run.adapterId !== record?.id) return null;
  return run.config.adapter.init_adapter === null ? { run: run.config, name: run.name } : null;
}

/** A config's settings with each adapter as the run that makes it again, where one is known; equal ones are the same object. */
function withAdaptersAsRuns(parts: Parts, settings: Record<string, unknown>): Record<string, unknown> {
  const known = new Map<string, unknown>();
  const rewrite = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    const reference = plannedAdapterSchema.safeParse(value);
    if (!reference.success)
      return Array.isArray(value)
        ? value.map(rewrite)
        : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rewrite(item)]));
    const key = JSON.stringify(reference.data);
    if (!known.has(key)) known.set(key, asRun(parts, reference.data) ?? value);
    return known.get(key);
  };
  // One by one: a study of nothing but a run looks like an adapter itself.
  return Object.fromEntries(Object.entries(settings).map(([key, item]) => [key, rewrite(item)]));
}

function asRun(parts: Parts, reference: PlannedAdapter): unknown {
  const found = runOf(parts, reference);
  if (found === null) return null;
  try {
    return { run: shortRun(checkedRun(found.run)), ...(found.name === undefined ? {} : { name: found.name }) };
  } catch (thrown) {
    // A run of another version that this one would not train.
    if (thrown instanceof StudioError && thrown.code === 'invalid_input') return null;
    throw thrown;
  }
}
