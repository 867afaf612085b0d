import type { RunRecord } from '../../../../src-shared/domain/runs/run.ts';
import { groupLabelParts } from '../../../../src-shared/results/group-labels.ts';
import { type GroupSummary, groupRuns, summarizeGroups } from '../../../../src-shared/results/run-groups.ts';
import { matchesWords } from '../../../components/table/match-words.ts';
import type { RunNames } from '../use-run-names.ts';
import type { Grouping } from './runs-list-store.ts';

/** A row of the table: a run, or the seeds of one method and dataset folded into one. */
export type RunsRow = RunRow | GroupRow;

export interface RunRow {
  readonly kind: 'run';
  readonly id: string;
  readonly run: RunRecord;
  /** Summary of a run that is the only one of its group; null if the group has several. */
  readonly summary: GroupSummary | null;
}

export interface GroupRow {
  readonly kind: 'group';
  readonly id: string;
  readonly method: string;
  /** Its data, and its base where other runs of these data have another. */
  readonly label: string;
  /** Settings that tell it from others of its method and data. */
  readonly settings: readonly string[];
  /** Stands for the settings of all. */
  readonly run: RunRecord;
  readonly rows: readonly RunRow[];
  readonly summary: GroupSummary;
}

/** The runs that have every word of the filter in what they are: name, status, method, base, data, seed, tags, note. */
export function filterRuns(runs: readonly RunRecord[], filter: string, names: RunNames): readonly RunRecord[] {
  if (filter.trim() === '') return runs;
  return runs.filter((run) => matchesWords(textOf(run, names), filter));
}

function textOf(run: RunRecord, names: RunNames): string {
  return [
    run.name,
    run.status,
    names.method(run),
    names.base(run),
    run.modelId,
    names.dataset(run),
    run.datasetId,
    `seed ${run.config.seed}`,
    ...run.tags,
    run.note,
    run.starred ? 'starred' : '',
  ].join('\n');
}

/** Rows of the table: each run by itself, or folded; a group of a single run is that run. */
export function runRows(runs: readonly RunRecord[], grouping: Grouping, names: RunNames): RunsRow[] {
  if (grouping === 'none') return runs.map((run) => ({ kind: 'run', id: run.id, run, summary: null }));
  const groups = groupRuns(runs);
  const bases = Map.groupBy(runs, (run) => names.dataset(run));
  const hasBases = (data: string) => new Set(bases.get(data)?.map(({ modelId }) => modelId)).size > 1;
  const placeOf = (run: RunRecord) => {
    const data = names.dataset(run);
    return hasBases(data) ? `${data} · ${names.base(run)}` : data;
  };
  const labels = groupLabelParts(groups, (run) => `${names.method(run)} · ${placeOf(run)}`);
  return summarizeGroups(groups).map((summary): RunsRow => {
    const { key, runs: members, first } = summary.group;
    if (members.length === 1) return { kind: 'run', id: first.id, run: first, summary };
    return {
      kind: 'group',
      id: key,
      method: names.method(first),
      label: placeOf(first),
      settings: labels.get(key)?.settings ?? [],
      run: first,
      rows: members.map((run) => ({ kind: 'run', id: run.id, run, summary: null })),
      summary,
    };
  });
}

export function runsOf(row: RunsRow): readonly RunRecord[] {
  return row.kind === 'run' ? [row.run] : row.rows.map(({ run }) => run);
}
