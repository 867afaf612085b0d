import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { JobResult } from '../../../src-shared/domain/jobs/job.ts';
import type { JobProgress } from '../../../src-shared/domain/jobs/job-progress.ts';
import type { Collected } from '../../../src-shared/domain/targets/bundle.ts';
import { type PlacedRun, placedStateSchema } from '../../../src-shared/domain/targets/target.ts';
import { byteProgress } from '../../files/byte-progress.ts';
import { bundleNames, resultFolder } from '../bundles/bundle-files.ts';
import { collectBundle } from '../bundles/collect.ts';
import { writeBundle } from '../bundles/write-bundle.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import type { JobContext } from '../jobs/job-context.ts';
import type { TargetWork } from '../studies/run-plan.ts';
import { requireStudy } from '../studies/study-records.ts';
import { bundlesFolder } from './bundle-place.ts';
import { type FollowedBundle, readFollowedBundle } from './bundle-results.ts';
import { commonParameters } from './common-parameters.ts';
import { followSubmissions } from './follow-submissions.ts';
import { ownName } from './remote-bundle.ts';
import { resolveTarget } from './resolve-target.ts';
import type { TargetEngine } from './target.ts';

/**
 * Trains runs of a study on a target: writes their bundle, submits it, follows it to its end and imports what came of
 * it. Work begun by an earlier call is resumed.
 *
 * @throws StudioError refused, naming them, where runs ended without a result; the others are imported
 */
export async function trainOnTarget(
  work: TargetWork,
  context: JobContext,
  services: HandlerServices,
): Promise<JobResult<'train-on-target'>> {
  const { target, record } = resolveTarget(services, work.target);
  const { retries, poll_seconds } = commonParameters(record.parameters);
  const engine = target.open({ host: record.host, parameters: record.parameters });
  const bundle = await bundleOf(services, work, context);
  const { bundles } = services.store;
  // Whoever collects the folder by hand goes on with this study.
  if (bundles.find(bundle.id) === null) bundles.save({ id: bundle.id, folder: bundle.folder, studyId: work.studyId });
  for (let round = 0; ; round++) {
    const runs = await followSubmissions({
      engine,
      bundle,
      retries,
      submissions: services.store.submissions,
      studyId: work.studyId,
      target: work.target,
      pollSeconds: poll_seconds,
      signal: AbortSignal.any([context.abort, context.pausing]),
      onSent: (host, done, total) => context.progress(sendProgress(host, done, total)),
      changed(latest, answers) {
        context.progress(progressOf(work.target, latest, { total: bundle.jobs.length, answers }));
        services.hub.listChanged('studies');
      },
    });
    const watch = {
      signal: context.abort,
      onResult: (done: number, total: number) => context.progress(importProgress(done, total)),
    };
    const collected = await collectBundle(services, bundle.folder, watch, bundle.id);
    const torn = collected.refused.filter(({ index }) => collected.missing.includes(index));
    if (torn.length > 0 && round < retries) {
      for (const { index } of torn) await setAside(bundle, index, engine);
      continue;
    }
    requireAll(work.target, runs, collected);
    return { folder: bundle.folder, imported: collected.imported };
  }
}

/** The bundle that has these runs: of an earlier submission, or a new one. */
async function bundleOf(services: HandlerServices, work: TargetWork, context: JobContext): Promise<FollowedBundle> {
  const { store } = services;
  const { record } = resolveTarget(services, work.target);
  const folders = [...new Set(store.submissions.list(work.studyId).map(({ folder }) => folder))];
  const wanted = new Set(work.trainings.map(({ title }) => title));
  const parent = bundlesFolder(services, record);
  // One that was written, but not submitted any more, has the next number.
  const next = join(parent, `${work.studyId}-${folders.length + 1}`);
  for (const folder of [next, ...folders.reverse()]) {
    if (!existsSync(join(folder, bundleNames.study))) continue;
    const bundle = await readFollowedBundle(folder);
    const titles = new Set(bundle.jobs.map(({ title }) => title));
    if ([...wanted].every((title) => titles.has(title))) return bundle;
  }
  const { name, config } = requireStudy(store, work.studyId);
  const onBytes = byteProgress(`Hashing what ${name} needs`, context.progress);
  const wish = { config, name, inputsInPlace: false, trainings: work.trainings, sharedInputs: parent };
  await writeBundle(services, next, wish, { signal: context.abort, onBytes });
  return readFollowedBundle(next);
}

/** A result that was refused must not stand in the way of another attempt: the first to be renamed to its place counts. */
async function setAside({ folder, jobs }: FollowedBundle, index: number, engine: TargetEngine): Promise<void> {
  const runId = jobs.find((job) => job.index === index)?.runId ?? '';
  if (runId !== '') await engine.setAside?.(folder, runId);
  const place = resultFolder(folder, runId);
  if (runId !== '' && existsSync(place)) await rename(place, `${place}.refused-${ownName()}`);
}

function progressOf(
  target: string,
  runs: readonly PlacedRun[],
  { total, answers }: { readonly total: number; readonly answers: boolean },
): JobProgress {
  const earlier = total - runs.length;
  const counts = placedStateSchema.options.flatMap((state) => {
    const count = runs.filter((run) => run.state === state).length + (state === 'done' ? earlier : 0);
    return count === 0 ? [] : [`${count} ${state}`];
  });
  const shares = runs.map(({ state, step, steps }) => (state === 'done' ? 1 : steps ? (step ?? 0) / steps : 0));
  const share = (earlier + shares.reduce((sum, one) => sum + one, 0)) / total;
  return {
    phase: `On ${target}: ${counts.join(', ')}${answers ? '' : ' (it does not answer now; results are still read)'}`,
    done: Math.floor(100 * share),
    total: 100,
    unit: '%',
    perSecond: null,
    etaSeconds: null,
  };
}

function sendProgress(host: string, done: number, total: number): JobProgress {
  return { phase: `Copying to ${host} what it lacks`, done, total, unit: 'bytes', perSecond: null, etaSeconds: null };
}

function importProgress(done: number, total: number): JobProgress {
  return { phase: 'Importing results', done, total, unit: 'results', perSecond: null, etaSeconds: null };
}

/** Runs that are named in an error. */
const maxNamed = 3;

function requireAll(target: string, runs: readonly PlacedRun[], { missing, refused }: Collected): void {
  if (missing.length === 0) return;
  const reasonOf = (index: number): string => {
    const run = runs.find((one) => one.index === index);
    const torn = refused.find((one) => one.index === index)?.message;
    return torn ?? run?.reason ?? run?.state ?? 'no result';
  };
  // A reason that all share, such as another processor, appears once.
  const why = [...Map.groupBy(missing.slice(0, maxNamed), reasonOf)].map(([reason, indices]) => {
    const titles = indices.map((index) => `"${runs.find((one) => one.index === index)?.title ?? index}"`);
    return `${titles.join(', ')}: ${reason}`;
  });
  const more = missing.length > maxNamed ? ` (and ${missing.length - maxNamed} more)` : '';
  throw new StudioError(
    'refused',
    `${missing.length} of the runs ended without a result on ${target}: ${why.map((one) => one.replace(/[.]$/, '')).join('; ')}${more}.`,
    'Resume the study to submit only these again; the others are imported.',
  );
}
