import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import {
  type BundleJob,
  type Collected,
  failedAttemptSchema,
  type ResultManifest,
} from '../../../src-shared/domain/bundle.ts';
import { syncFolder } from '../../engine/tensors/atomic.ts';
import type { HandlerServices } from '../handler-services.ts';
import { newId } from '../identifiers.ts';
import { type Bundle, bundleNames, readBundle } from './bundle-files.ts';
import { discardStaged, type StagedResult, settingsOf, stageResult, storeResult } from './import-result.ts';
import { LocalInputs } from './local-inputs.ts';
import { readManifest, readResultRun } from './read-result.ts';
import { readJobConfig } from './run-key.ts';

export interface CollectWatch {
  readonly signal: AbortSignal;
  readonly onResult: (done: number, total: number) => void;
}

/** Results that are verified together, and stored in one durable transaction. */
const atOnce = 64;

/**
 * Imports the results of a bundle, each once: the first attempt that is accepted counts, further ones are recorded. Each batch is
 * stored whole or not at all; what was stored before an error or a cancel stays.
 * @throws StudioError for a folder that is no bundle, or one whose base or dataset is not here
 */
export async function collectBundle(
  services: HandlerServices,
  folder: string,
  { signal, onResult }: CollectWatch,
): Promise<Collected> {
  const { store, hub } = services;
  const bundle = await readBundle(folder);
  const { id, name, jobs } = bundle.study;
  const inputs = await LocalInputs.find(services, bundle);
  const studyId = store.bundles.find(id)?.studyId ?? newId('study');
  store.bundles.save({ id, folder, studyId });
  const collected: Collected = {
    bundle: id,
    name,
    jobs: jobs.length,
    ...{ imported: 0, known: 0, others: 0, missing: [], refused: [], failed: [] },
  };
  const counting = store.bundles.counting();
  try {
    for (let from = 0; from < jobs.length; from += atOnce) {
      signal.throwIfAborted();
      const batch = jobs.slice(from, from + atOnce);
      const staged = await settled(
        batch.map((job) => stageJob(services, { bundle, inputs, studyId, counting, collected }, job)),
      );
      await storeAll(services, staged);
      collected.imported += staged.length;
      onResult(Math.min(from + atOnce, jobs.length), jobs.length);
      await setImmediate();
    }
  } finally {
    if (collected.imported > 0) for (const list of ['runs', 'adapters', 'jobs'] as const) hub.listChanged(list);
  }
  // They were looked at together.
  collected.missing.sort((one, other) => one - other);
  collected.refused.sort((one, other) => one.index - other.index);
  collected.failed = await failures(bundle, new Set(collected.missing));
  return collected;
}

interface Collecting {
  readonly bundle: Bundle;
  readonly inputs: LocalInputs;
  readonly studyId: string;
  readonly counting: ReadonlyMap<string, string>;
  readonly collected: Collected;
}

/** The result of a job with its files in the home; null where there is none to be imported. */
async function stageJob(
  services: HandlerServices,
  { bundle, inputs, studyId, counting, collected }: Collecting,
  job: BundleJob,
): Promise<StagedResult | null> {
  try {
    const counts = counting.get(job.runId);
    if (counts !== undefined) {
      // Whatever became of its files since, the run is here.
      const other = await readManifest(bundle, job).catch(() => null);
      collected.known++;
      if (other !== null && other.attempt !== counts) recordOther(services, collected, other);
      return null;
    }
    const manifest = await readManifest(bundle, job);
    const ended = manifest === null ? null : await readResultRun(bundle, job);
    const own = inputs.run(
      job,
      ended === null ? await readJobConfig(bundle, job) : await settingsOf(bundle, job, ended),
    );
    if (isTrained(services, own.contentKey)) {
      collected.known++;
      if (manifest !== null) recordOther(services, collected, manifest);
      return null;
    }
    if (manifest !== null && ended !== null)
      return await stageResult(services, bundle, { own, ended, manifest }, studyId);
  } catch (thrown) {
    // A full disk, or a bug, is no fault of the result.
    if (!(thrown instanceof StudioError) || thrown.code !== 'invalid_file') throw thrown;
    collected.refused.push({ index: job.index, message: thrown.message });
  }
  collected.missing.push(job.index);
  return null;
}

function recordOther({ store }: HandlerServices, collected: Collected, manifest: ResultManifest): void {
  store.bundles.saveResult(manifest, null);
  collected.others++;
}

/** Whether a run of that content is completed here, whoever trained it. */
function isTrained({ store }: HandlerServices, contentKey: string): boolean {
  return store.contents.findRuns(contentKey).some((id) => {
    const run = store.runs.find(id);
    return run?.status === 'completed' && run.adapterId !== null && store.adapters.find(run.adapterId) !== null;
  });
}

/** The results of all; where one failed, the files of the others are removed. */
async function settled(staging: readonly Promise<StagedResult | null>[]): Promise<StagedResult[]> {
  const outcomes = await Promise.allSettled(staging);
  const staged = outcomes.flatMap((one) => (one.status === 'fulfilled' && one.value !== null ? [one.value] : []));
  const failed = outcomes.find((one) => one.status === 'rejected');
  if (failed === undefined) return staged;
  for (const one of staged) await discardStaged(one);
  throw failed.reason;
}

async function storeAll(services: HandlerServices, staged: readonly StagedResult[]): Promise<void> {
  if (staged.length === 0) return;
  const { store, home } = services;
  try {
    for (const folder of ['adapters', 'runs']) await syncFolder(home.absolute(folder));
    store.durably(() => {
      for (const one of staged) storeResult(services, one);
    });
  } catch (error) {
    for (const one of staged) await discardStaged(one);
    throw error;
  }
}

/** The last error of each job without a result. */
async function failures({ folder, study }: Bundle, missing: ReadonlySet<number>): Promise<Collected['failed']> {
  const results = join(folder, bundleNames.results);
  const names = await readdir(results).catch(() => []);
  const byJob = new Map<number, { at: number; attempts: number; message: string }>();
  for (const name of names.filter((one) => /^[0-9a-f]{32}\.failed-.+\.json$/.test(one))) {
    const text = await readFile(join(results, name), 'utf8').catch(() => '');
    const failed = failedAttemptSchema.safeParse(parsed(text)).data;
    if (failed === undefined || failed.bundle !== study.id || !missing.has(failed.index)) continue;
    const before = byJob.get(failed.index);
    const attempts = (before?.attempts ?? 0) + 1;
    const latest = before === undefined || failed.at > before.at ? failed : null;
    const message = latest === null ? (before?.message ?? '') : `${latest.error.message} (on ${latest.host})`;
    byJob.set(failed.index, { at: Math.max(failed.at, before?.at ?? 0), attempts, message });
  }
  return [...byJob].map(([index, { attempts, message }]) => ({ index, attempts, message }));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
