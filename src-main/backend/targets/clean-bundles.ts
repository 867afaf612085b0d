import { existsSync } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StudioError, toErrorValue } from '../../../src-shared/contract/errors.ts';
import type { PlacedBundle, Submission, TargetRecord } from '../../../src-shared/domain/targets/target.ts';
import { isUnfinished, removeFolder } from '../../files/atomic.ts';
import { filesBelow } from '../../files/folder-fingerprint.ts';
import { bundleNames, resultFolder } from '../bundles/bundle-files.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { bundlesFolder } from './bundle-place.ts';
import { type FollowedBundle, readFollowedBundle } from './bundle-results.ts';
import { requireTarget } from './resolve-target.ts';
import type { TargetEngine } from './target.ts';

interface Place {
  readonly record: TargetRecord;
  readonly engine: TargetEngine;
}

/**
 * The bundles of this studio in the folder of a target, each with what stands against its removal: runs that wait or go on there, or
 * results that are not imported. Bundles of others in the same folder are not looked at.
 * @throws StudioError not_found
 */
export async function listBundles(services: HandlerServices, name: string): Promise<PlacedBundle[]> {
  const place = openPlace(services, name);
  const bundles = await ownBundles(services, place);
  const found: PlacedBundle[] = [];
  for (let start = 0; start < bundles.length; start += askedAtOnce)
    found.push(
      ...(await Promise.all(
        bundles.slice(start, start + askedAtOnce).map((bundle) => describeBundle(services, place, bundle)),
      )),
    );
  return found;
}

/** Bundles whose runs a target is asked for at the same time: a busy one takes seconds for each, and sshd refuses many. */
const askedAtOnce = 4;

async function describeBundle(services: HandlerServices, place: Place, bundle: OwnBundle): Promise<PlacedBundle> {
  const { id, folder, studyId, jobs } = bundle;
  const study = services.store.studies.find(studyId);
  const keptFor = await reasonToKeep(services, place, bundle);
  const bytes = await freedBytes(folder);
  return { id, folder, studyId, studyName: study?.name ?? null, runs: jobs.length, bytes, keptFor };
}

/**
 * Removes bundles here and on the target's hosts, each looked at once more. Answers those that went. They are named by their
 * folders: two studies of the same design have bundles of one id.
 * @throws StudioError refused for one that must stay, before anything is removed
 */
export async function cleanBundles(
  services: HandlerServices,
  name: string,
  folders: readonly string[],
): Promise<PlacedBundle[]> {
  const listed = await listBundles(services, name);
  const chosen = folders.map((folder) => {
    const bundle = listed.find((one) => one.folder === folder);
    if (bundle === undefined)
      throw new StudioError('not_found', `There is no bundle of this studio at ${folder} on ${name}.`);
    if (bundle.keptFor === null) return bundle;
    throw new StudioError('refused', `${bundle.folder} is not removed: ${bundle.keptFor}.`);
  });
  const { engine } = openPlace(services, name);
  for (const { folder } of chosen) {
    await engine.remove?.(folder);
    await removeFolder(folder);
  }
  return chosen;
}

function openPlace(services: HandlerServices, name: string): Place {
  const { target, record } = requireTarget(services, name);
  return { record, engine: target.open({ host: record.host, parameters: record.parameters }) };
}

interface OwnBundle extends FollowedBundle {
  readonly studyId: string;
  readonly submissions: readonly Submission[];
}

/** Bundles that this studio has submitted to the target, and those in its folder whose study was removed since. */
async function ownBundles({ store, home }: HandlerServices, { record }: Place): Promise<OwnBundle[]> {
  const parent = bundlesFolder({ home }, record);
  const byFolder = Map.groupBy(store.submissions.ofTarget(record.name), ({ folder }) => folder);
  const left = store.bundles.list().filter(({ folder, studyId }) => {
    return dirname(folder) === parent && !byFolder.has(folder) && store.studies.find(studyId) === null;
  });
  const folders = [...byFolder.keys(), ...left.map(({ folder }) => folder)];
  const own: OwnBundle[] = [];
  for (const folder of folders) {
    const bundle = await readFollowedBundle(folder).catch(() => null);
    const known = bundle === null ? null : store.bundles.find(bundle.id);
    // Unknown bundles at that path belong to someone else.
    if (bundle === null || known === null) continue;
    const submissions = byFolder.get(folder) ?? [];
    own.push({ ...bundle, studyId: submissions[0]?.studyId ?? known.studyId, submissions });
  }
  return own;
}

/** Returns the reason to keep a bundle, as the end of a sentence; null: nothing needs it. */
async function reasonToKeep(
  { store, queue }: HandlerServices,
  { engine }: Place,
  { folder, jobs, studyId, submissions }: OwnBundle,
): Promise<string | null> {
  const study = store.studies.find(studyId);
  const job = store.jobs.findOfSubject(studyId);
  if (job !== null && (queue.isRunning(job.id) || job.status === 'queued')) return 'its study is still running';
  if (submissions.some(({ status }) => status === 'open')) return 'it has runs that were not followed to their end';
  const recorded = store.bundles.recorded();
  const missing = jobs.filter(({ runId }) => !recorded.has(runId));
  const unread = missing.filter(({ runId }) => existsSync(resultFolder(folder, runId)));
  if (unread.length > 0) return `${unread.length} of its ${jobs.length} results are not imported`;
  // A study that is complete needs no more of it: the run was trained elsewhere.
  if (missing.length > 0 && study?.status !== 'completed')
    return `${missing.length} of its ${jobs.length} runs have no result`;
  const parts = submissions.flatMap((one) => one.parts);
  if (parts.length === 0) return null;
  try {
    const states = await engine.states(folder, parts);
    if (states === null) return 'the target does not answer now';
    const busy = [...states.values()].filter(({ state }) => state === 'waiting' || state === 'running').length;
    return busy === 0 ? null : `${busy} of its runs are waiting or running there`;
  } catch (thrown) {
    return `the target was not asked: ${toErrorValue(thrown).message.replace(/[.]$/, '')}`;
  }
}

/** Returns the bytes that removing a folder frees: files with links elsewhere, such as shared bases, stay. */
async function freedBytes(folder: string): Promise<number> {
  const files = new Map<number, { readonly bytes: number; readonly links: number; seen: number }>();
  for await (const path of filesBelow(folder)) {
    const found = await lstat(path).catch(() => null);
    if (found === null) continue;
    const file = files.get(found.ino) ?? { bytes: found.size, links: found.nlink, seen: 0 };
    file.seen++;
    files.set(found.ino, file);
  }
  return [...files.values()].reduce((sum, { bytes, links, seen }) => sum + (seen >= links ? bytes : 0), 0);
}

/** Milliseconds: an input that takes longer to be copied was left by a killed process. */
const longestCopy = 24 * 60 * 60 * 1000;

/** Removes bases and data in the folder of a target that none of its bundles has any more; answers the bytes. */
export async function cleanInputs(services: HandlerServices, name: string): Promise<number> {
  const { record, engine } = openPlace(services, name);
  const blobs = join(bundlesFolder(services, record), bundleNames.blobs);
  let freed = 0;
  for (const entry of await readdir(blobs).catch(() => [])) {
    const file = join(blobs, entry);
    const found = await lstat(file).catch(() => null);
    if (found?.isFile() !== true || found.nlink > 1) continue;
    if (isUnfinished(entry) && Date.now() - found.mtimeMs < longestCopy) continue;
    await removeFolder(file);
    freed += found.size;
  }
  await engine.removeInputs?.();
  return freed;
}
