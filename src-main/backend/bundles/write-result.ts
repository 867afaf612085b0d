import { existsSync } from 'node:fs';
import { cp, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import {
  type BundleJob,
  bundleFormat,
  type FailedAttempt,
  type ResultManifest,
  type ResultRun,
} from '../../../src-shared/domain/targets/bundle.ts';
import { writeHistoryPart } from '../../engine/api/training.ts';
import { syncFolder, syncTree } from '../../files/atomic.ts';
import { filesAt } from '../../files/input-files.ts';
import { requireAdapter } from '../library/adapters/adapters.ts';
import type { Services } from '../services/services.ts';
import { type Bundle, bundleNames, program, resultFolder, resultNames } from './bundle-files.ts';
import { hashAll } from './describe-inputs.ts';

/** One try of one job. */
export interface Attempt {
  readonly bundle: Bundle;
  readonly job: BundleJob;
  readonly id: string;
  /** Temporary folder of the result until it is complete. */
  readonly folder: string;
  readonly startedAt: number;
}

/** Identifies the job and the attempt, for its manifest and its failure. */
export function identityOf({ bundle, job, id }: Attempt): Omit<FailedAttempt, 'at' | 'error'> {
  return {
    format: bundleFormat,
    bundle: bundle.study.id,
    run: job.runId,
    index: job.index,
    attempt: id,
    host: hostname(),
  };
}

/** Writes what a completed run is known by into the attempt's folder: manifest.json last. */
export async function fillResult(
  services: Services,
  attempt: Attempt,
  run: RunRecord,
  resumed: ResultManifest['resumed'],
): Promise<void> {
  const { home, store } = services;
  const { folder } = attempt;
  if (run.result === null || run.adapterId === null)
    throw new StudioError('internal', `The run "${run.name}" has completed without a result.`);
  const adapter = requireAdapter(store, run.adapterId);
  const origin = adapter.origin.kind === 'run' ? adapter.origin : null;
  await cp(home.absolute(adapter.folder), join(folder, resultNames.adapter), { recursive: true });
  await writeHistoryPart(folder, { step: run.step, ...historyOf(services, run.id) });
  const samples = join(home.absolute(run.folder), 'samples');
  if (existsSync(samples)) await cp(samples, join(folder, 'samples'), { recursive: true });
  const { config, step, facts, result, createdAt, startedAt, finishedAt } = run;
  const content: ResultRun = {
    format: bundleFormat,
    config,
    step,
    facts,
    result,
    adapter: {
      checkpoint: origin?.checkpoint ?? 'last',
      step: origin?.step ?? step,
      accuracy: adapter.accuracy,
      metrics: adapter.metrics,
    },
    createdAt,
    startedAt,
    finishedAt,
    log: store.history.log(run.id),
  };
  await writeFile(join(folder, resultNames.run), `${JSON.stringify(content)}\n`);
  await writeManifest(attempt, { computeBackend: facts?.backend ?? 'unknown', resumed });
}

function historyOf({ store }: Services, runId: string) {
  const buckets = Number.MAX_SAFE_INTEGER;
  const columns = store.history.metricNames(runId).map((name) => {
    const curve = store.history.curve(runId, name, { from: null, to: null, buckets });
    return { name, steps: curve.ends, values: curve.mean };
  });
  return { columns, masks: store.history.masks(runId) };
}

async function writeManifest(
  attempt: Attempt,
  known: Pick<ResultManifest, 'computeBackend' | 'resumed'>,
): Promise<void> {
  const { folder, startedAt } = attempt;
  const found = await filesAt(folder, 'result');
  const files = (await hashAll(found)).map((file) => ({ ...file, path: file.path.slice('result/'.length) }));
  const manifest: ResultManifest = {
    ...identityOf(attempt),
    program,
    ...known,
    startedAt,
    finishedAt: Date.now(),
    files,
  };
  await writeFile(join(folder, resultNames.manifest), `${JSON.stringify(manifest)}\n`);
}

/** Syncs a filled result and gives it its name. @returns whether it was the first; the folder of a later one is removed */
export async function publishResult({ bundle, job, folder }: Attempt): Promise<boolean> {
  await syncTree(folder);
  const target = resultFolder(bundle.folder, job.runId);
  try {
    await rename(folder, target);
  } catch (error) {
    // A network file system may report a failure of what it has done: then the folder is gone.
    const isDone = existsSync(target) && (await stat(folder).catch(() => null)) === null;
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (!isDone && code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'EPERM') throw error;
    if (!isDone && !existsSync(target)) throw error;
    if (!isDone) {
      await rm(folder, { recursive: true, force: true });
      return false;
    }
  }
  await syncFolder(join(bundle.folder, bundleNames.results));
  return true;
}

/** Makes the folder of an attempt. */
export async function beginAttempt(attempt: Attempt): Promise<void> {
  await mkdir(attempt.folder, { recursive: true });
}
