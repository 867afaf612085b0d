import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readFollowedBundle } from '../../src-main/backend/targets/bundle-results.ts';
import { type FollowOptions, followSubmissions } from '../../src-main/backend/targets/follow-submissions.ts';
import { targets } from '../../src-main/backend/targets/index.ts';
import type { TargetEngine } from '../../src-main/backend/targets/target.ts';
import { openStore, type Store } from '../../src-main/store/open-store.ts';
import type { ParameterValues } from '../../src-shared/domain/parameters/parameter.ts';
import type { PlacedRun } from '../../src-shared/domain/targets/target.ts';
import { studyConfigSchema } from '../../src-shared/studies/index.ts';

/** Work of the fake worker for a run. */
export interface MadeRun {
  readonly steps?: number;
  /** A file of the bundle for which each step waits. */
  readonly waitFor?: string;
  /** A file of the bundle without which its result is not what its manifest says. */
  readonly tears?: string;
  /** A file of the bundle without which the run fails in its own words. */
  readonly failsWithout?: string;
}

export interface MadeBundle {
  readonly folder: string;
  /** Makes a file, for which runs may wait. */
  release(name: string): void;
  results(): string[];
  pidOf(runId: string): number | null;
}

export const runIdOf = (index: number): string => `run${String(index).padStart(5, '0')}`;

/** A bundle with just what is followed of one. Its folder's name is one that a shell must not read. */
export function makeBundle(parent: string, runs: readonly MadeRun[]): MadeBundle {
  const folder = mkdtempSync(join(parent, "it's a $(bundle) %A; "));
  mkdirSync(join(folder, 'jobs'));
  const jobs = runs.map((_, index) => ({
    index,
    runId: runIdOf(index),
    title: `Run ${index}`,
    file: `jobs/${runIdOf(index)}.yaml`,
  }));
  writeFileSync(join(folder, 'study.json'), JSON.stringify({ format: 1, id: 'a'.repeat(64), jobs }));
  for (const [index, run] of runs.entries())
    writeFileSync(join(folder, 'jobs', `${runIdOf(index)}.yaml`), JSON.stringify({ steps: 1, ...run }));
  const results = () => (existsSync(join(folder, 'results')) ? readdirSync(join(folder, 'results')).sort() : []);
  return {
    folder,
    results,
    release: (name) => writeFileSync(join(folder, name), ''),
    pidOf(runId) {
      const attempt = results().find((name) => name.startsWith(`${runId}.tmp-`));
      const file = attempt === undefined ? null : join(folder, 'results', attempt, 'pid');
      return file !== null && existsSync(file) ? Number(readFileSync(file, 'utf8')) : null;
    },
  };
}

const worker = fileURLToPath(new URL('worker.mjs', import.meta.url));

export const standIn: ParameterValues = { command: [process.execPath, worker], poll_seconds: 0.2 };

/** A worker that is a few calls of a shell: for how many runs a cluster takes, not for what they do. */
export function noOpWorker(folder: string): ParameterValues {
  const script = join(folder, 'no-op.sh');
  const name = '"$2/results/run$(printf %05d "$3")"';
  writeFileSync(script, `#!/bin/sh\nmkdir -p "$2/results" ${name}\necho "$3" >> "$2/ran"\n`);
  chmodSync(script, 0o755);
  return { command: [script], poll_seconds: 0.5 };
}

export const studyId = 'study-0000000001';

/** A store with one study, for submissions to belong to. */
export function storeWithStudy(file = ':memory:'): Store {
  const store = openStore(file);
  if (store.studies.find(studyId) === null)
    store.studies.insert({
      ...{ id: studyId, name: 'A study', kind: 'ablation', status: 'running', target: 'slurm' },
      config: studyConfigSchema.parse({ kind: 'ablation', run: {}, grid: { coto: [null, {}] }, seeds: [1] }),
      ...{ result: null, provenance: null, error: null, parentId: null, createdAt: 1, finishedAt: null },
    });
  return store;
}

export interface Followed {
  readonly runs: Promise<PlacedRun[]>;
  /** State at the last poll. */
  latest(): readonly PlacedRun[];
  /** True if Slurm answered at the last poll. */
  answers(): boolean;
  stop(reason: unknown): void;
}

/** Follows a bundle on the cluster. */
export async function follow(
  { folder }: Pick<MadeBundle, 'folder'>,
  store: Store,
  parameters: ParameterValues = standIn,
  details: Partial<FollowOptions> = {},
): Promise<Followed> {
  const bundle = await readFollowedBundle(folder);
  const stop = new AbortController();
  let seen: { runs: readonly PlacedRun[]; answers: boolean } = { runs: [], answers: true };
  const runs = followSubmissions({
    ...{ bundle, studyId, target: 'slurm', retries: 2, pollSeconds: Number(parameters['poll_seconds']) },
    engine: details.engine ?? engineOf(parameters),
    submissions: store.submissions,
    signal: stop.signal,
    onSent: () => undefined,
    changed(latest, answers) {
      seen = { runs: latest, answers };
    },
    ...details,
  });
  // The promise may be rejected before the test awaits it.
  runs.catch(() => {});
  return { runs, latest: () => seen.runs, answers: () => seen.answers, stop: (reason) => stop.abort(reason) };
}

export function engineOf(
  parameters: ParameterValues,
  { kind = 'slurm', host = null }: { readonly kind?: string; readonly host?: string | null } = {},
): TargetEngine {
  const target = targets.find(({ declaration }) => declaration.id === kind);
  if (target === undefined) throw new Error(`there is no ${kind}`);
  return target.open({ host, parameters });
}
