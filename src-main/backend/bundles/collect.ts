import { setImmediate } from 'node:timers/promises';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { BundleJob, Collected, ResultManifest } from '../../../src-shared/domain/targets/bundle.ts';
import { syncFolder } from '../../files/atomic.ts';
import { newId } from '../../store/identifiers.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import type { CopiedResult, CopyRequest, ResultHead, RowsRequest } from '../reading/bundle-schemas.ts';
import { bundleLimits } from '../reading/limits.ts';
import { type Bundle, readBundle, requireUnchanged } from './bundle-files.ts';
import {
  discardStaged,
  planResult,
  type StagedResult,
  settingsOf,
  storeResult,
  type VerifiedResult,
  verifiedResult,
} from './import-result.ts';
import { LocalInputs } from './local-inputs.ts';
import { orRefused } from './read-result.ts';
import { requireJobRun } from './run-key.ts';

export interface CollectWatch {
  readonly signal: AbortSignal;
  readonly onResult: (done: number, total: number) => void;
}

/** Results that are verified together. Each is stored whole, in durable transactions of as many as fit into memory. */
const atOnce = 64;

/**
 * Imports the results of a bundle, each once: the first attempt that is accepted counts, further ones are recorded.
 * Results stored before an error or a cancel stay.
 * @param id of the bundle that is expected; by default any
 * @throws StudioError for a folder that is no bundle, or one whose base or dataset is not here
 */
export async function collectBundle(
  services: HandlerServices,
  folder: string,
  watch: CollectWatch,
  id?: string,
): Promise<Collected> {
  const { store, hub } = services;
  const bundle = await readBundle(services, folder);
  requireUnchanged(bundle);
  const { study } = bundle;
  if (id !== undefined && study.id !== id)
    throw new StudioError(
      'invalid_file',
      `The bundle in ${folder} is not the one that was submitted: another study is in its place.`,
      'Find out who writes to this folder, then resume the study.',
    );
  const inputs = await LocalInputs.find(services, bundle);
  const studyId = store.bundles.find(study.id)?.studyId ?? newId('study');
  store.bundles.save({ id: study.id, folder, studyId });
  const collected: Collected = {
    bundle: study.id,
    name: study.name,
    jobs: study.jobs.length,
    ...{ imported: 0, known: 0, others: 0, missing: [], refused: [], failed: [] },
  };
  const collecting = { services, bundle, inputs, studyId, counting: store.bundles.counting(), collected, watch };
  try {
    for (let from = 0; from < study.jobs.length; from += atOnce) {
      watch.signal.throwIfAborted();
      await collectJobs(collecting, study.jobs.slice(from, from + atOnce));
      watch.onResult(Math.min(from + atOnce, study.jobs.length), study.jobs.length);
      await setImmediate();
    }
  } finally {
    if (collected.imported > 0) for (const list of ['runs', 'adapters', 'jobs'] as const) hub.listChanged(list);
  }
  // Results were checked in parallel, so restore their order.
  collected.missing.sort((one, other) => one - other);
  collected.refused.sort((one, other) => one.index - other.index);
  const missing = new Set(collected.missing);
  const failed = study.jobs.filter(({ index }) => missing.has(index)).map(({ index, runId }) => ({ index, runId }));
  collected.failed = await services.reader.read(
    'failedAttempts',
    { ...referenceOf(bundle), jobs: failed },
    { signal: watch.signal },
  );
  return collected;
}

interface Collecting {
  readonly services: HandlerServices;
  readonly bundle: Bundle;
  readonly inputs: LocalInputs;
  readonly studyId: string;
  readonly counting: ReadonlyMap<string, string>;
  readonly collected: Collected;
  readonly watch: CollectWatch;
}

/** The bundle, as the reader is told of it. */
function referenceOf({ folder, study: { id, program } }: Bundle) {
  return { folder, study: { id, program } };
}

async function collectJobs(collecting: Collecting, jobs: readonly BundleJob[]): Promise<void> {
  const { services, bundle, counting, watch } = collecting;
  const asked = jobs.map((job) => ({ ...job, isKnown: counting.has(job.runId) }));
  const heads = await readEach(asked, (some) =>
    services.reader.read('resultHeads', { ...referenceOf(bundle), jobs: some }, { signal: watch.signal }),
  );
  const staged: StagedResult[] = [];
  for (const { of: job, answer } of heads) {
    const result = await plannedImport(collecting, job, answer);
    if (result !== null) staged.push(result);
  }
  await importResults(collecting, staged);
}

/** A job's result with its places in the home; null where there is none to be imported. */
async function plannedImport(
  { services, bundle, inputs, counting, collected }: Collecting,
  job: BundleJob,
  head: ResultHead,
): Promise<StagedResult | null> {
  const counts = counting.get(job.runId);
  if (counts !== undefined) {
    // Whatever became of its files since, the run is here.
    collected.known++;
    if (head.kind === 'found' && head.manifest.attempt !== counts) recordOther(services, collected, head.manifest);
    return null;
  }
  const result = await orRefused(async () => {
    if (head.kind === 'refused') throw new StudioError('invalid_file', head.message);
    const ended = head.kind === 'found' ? head.run : null;
    const config =
      head.kind === 'none'
        ? requireJobRun(bundle, job, head.config)
        : ended && (await settingsOf(services, bundle, job, ended));
    if (config === null) return null;
    const own = inputs.run(job, config);
    if (isTrained(services, own.contentKey)) {
      collected.known++;
      if (head.kind === 'found') recordOther(services, collected, head.manifest);
      return null;
    }
    if (head.kind === 'found' && ended !== null) return planResult(services, { own, ended, manifest: head.manifest });
    collected.missing.push(job.index);
    return null;
  });
  if (result === null || !('kind' in result)) return result;
  refuse(collected, job, result.message);
  return null;
}

function refuse({ refused, missing }: Collected, { index }: BundleJob, message: string): void {
  refused.push({ index, message });
  missing.push(index);
}

/** Copies, verifies and stores results. Rejected files, and leftovers of an error or a cancel, are removed. */
async function importResults(collecting: Collecting, staged: readonly StagedResult[]): Promise<void> {
  const { services, bundle, collected, watch } = collecting;
  const open = new Set(staged);
  const drop = async (result: StagedResult, message: string): Promise<void> => {
    await discardStaged(result);
    open.delete(result);
    refuse(collected, result.own.job, message);
  };
  try {
    const whole: CopiedOne[] = [];
    for (const { of, answer } of await readEach(staged, (some) => copyAll(services.reader, bundle, some, watch)))
      if (answer.kind === 'copied') whole.push({ of, copy: answer });
      else await drop(of, answer.message);
    while (whole.length > 0) {
      watch.signal.throwIfAborted();
      const read = await readEach(whole, (some) =>
        services.reader.read(
          'resultRows',
          { results: some.map(({ of }) => rowsRequest(of)) },
          { signal: watch.signal },
        ),
      );
      whole.splice(0, read.length);
      const verified: VerifiedResult[] = [];
      for (const { of: result, answer } of read)
        if (answer.kind === 'read')
          verified.push(await verifiedResult(services, result.of, result.copy, answer, collecting.studyId));
        else await drop(result.of, answer.message);
      await storeAll(services, verified);
      for (const { staged: one } of verified) open.delete(one);
      collected.imported += verified.length;
    }
  } catch (error) {
    for (const one of open) await discardStaged(one);
    throw error;
  }
}

interface CopiedOne {
  readonly of: StagedResult;
  readonly copy: Extract<CopiedResult, { kind: 'copied' }>;
}

function rowsRequest({ own, steps, runFolder }: StagedResult): RowsRequest {
  const { fixed, perModule } = bundleLimits.metrics;
  const columns = fixed + perModule * own.model.description.linears.length;
  return { job: own.job, runFolder, steps, columns };
}

/** Copies results into their new folders, without what a reader that was ended has left in them. */
async function copyAll(
  reader: HandlerServices['reader'],
  { folder }: Bundle,
  results: readonly StagedResult[],
  { signal }: CollectWatch,
): Promise<CopiedResult[]> {
  for (const result of results) await discardStaged(result);
  const models = [...new Set(results.map(({ own }) => own.model))];
  const datasets = [...new Set(results.map(({ own }) => own.dataset))];
  const requests = results.map(
    ({ own, manifest, adapterPlaces, runFolder }): CopyRequest => ({
      ...{ job: own.job, manifest, config: own.config },
      ...{ model: models.indexOf(own.model), dataset: datasets.indexOf(own.dataset) },
      ...{ adapterFolder: adapterPlaces.written, runFolder },
    }),
  );
  const bytes = Math.max(0, ...results.map(({ manifest }) => manifest.files.reduce((sum, one) => sum + one.bytes, 0)));
  const input = {
    folder,
    models: models.map(({ description }) => description),
    datasets: datasets.map(({ description }) => description),
    results: requests,
  };
  return reader.read('copyResults', input, { signal, bytes });
}

/**
 * Reads jobs or results together, and answers the first of them at least. If the reader hit its limit, each is read
 * alone, so that only those at fault are rejected.
 */
async function readEach<Of, Answer extends { readonly kind: string }>(
  list: readonly Of[],
  read: (some: Of[]) => Promise<Answer[]>,
): Promise<{ readonly of: Of; readonly answer: Answer | Refused }[]> {
  if (list.length === 0) return [];
  const answers = await read([...list]).catch(async (thrown: unknown) => {
    if (!(thrown instanceof StudioError) || thrown.code !== 'refused') throw thrown;
    if (list.length === 1) return [{ kind: 'refused' as const, message: thrown.message }];
    const alone: (Answer | Refused)[] = [];
    for (const one of list) for (const { answer } of await readEach([one], read)) alone.push(answer);
    return alone;
  });
  return answers.flatMap((answer, at) => {
    const of = list[at];
    return of === undefined ? [] : [{ of, answer }];
  });
}

interface Refused {
  readonly kind: 'refused';
  readonly message: string;
}

function recordOther({ store }: HandlerServices, collected: Collected, manifest: ResultManifest): void {
  store.bundles.saveResult(manifest, null);
  collected.others++;
}

/** Returns true if this home has a completed run of that content, whoever trained it. */
function isTrained({ store }: HandlerServices, contentKey: string): boolean {
  return store.contents.findRuns(contentKey).some((id) => {
    const run = store.runs.find(id);
    return run?.status === 'completed' && run.adapterId !== null && store.adapters.find(run.adapterId) !== null;
  });
}

async function storeAll(services: HandlerServices, verified: readonly VerifiedResult[]): Promise<void> {
  if (verified.length === 0) return;
  const { store, home } = services;
  for (const folder of ['adapters', 'runs']) await syncFolder(home.absolute(folder));
  store.durably(() => {
    for (const one of verified) storeResult(services, one);
  });
}
