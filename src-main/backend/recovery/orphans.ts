import { join, sep } from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { Stray } from '../../../src-shared/domain/app/catalog.ts';
import type { RowKind, UnreadableRow } from '../../../src-shared/domain/app/unreadable-row.ts';
import { discardFolder, isUnfinished } from '../../files/atomic.ts';
import { folderBytes } from '../../files/folder-fingerprint.ts';
import type { RunPlace } from '../../store/repositories/runs.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { checkpointFolders } from '../runs/checkpoint-files.ts';
import type { Services } from '../services/services.ts';

type Parts = Pick<Services, 'home' | 'store'>;

/** Lists paths in the home, relative to it, that no row of the database names. Foreign folders are ignored. */
export function findOrphans({ home, store }: Parts): Omit<Stray, 'bytes'>[] {
  const runs = store.runs.places();
  const named = new Set([
    ...store.adapters.folders(),
    ...store.reports.ids().map((id) => `reports/${id}`),
    ...runs.map(({ folder }) => folder),
    ...store.models.paths().flatMap((path) => (path.startsWith(`${home.path}${sep}`) ? [home.relative(path)] : [])),
    ...runs.flatMap(({ checkpoints }) => checkpoints.map(({ folder }) => folder)),
  ]);
  const places = [
    ...childrenOf(home, 'adapters').map((path) => ({ kind: 'adapter', path }) as const),
    ...childrenOf(home, 'models').map((path) => ({ kind: 'model', path }) as const),
    ...childrenOf(home, 'runs').map((path) => ({ kind: 'run', path }) as const),
    ...childrenOf(home, 'reports').map((path) => ({ kind: 'report', path }) as const),
    ...runs
      .filter(({ isImported }) => !isImported)
      .flatMap((run) => foldersOf({ home }, run).map((path) => ({ kind: 'checkpoint', path }) as const)),
  ];
  return places.filter(({ path }) => !named.has(path));
}

/** Returns the paths of links that stand for adapters, models, runs or reports. Nothing follows them. */
export function findLinks({ home }: Pick<Parts, 'home'>): string[] {
  return ['adapters', 'models', 'runs', 'reports'].flatMap((folder) =>
    home.entries(folder).links.map((name) => join(home.path, folder, name)),
  );
}

/** Counterpart of `findOrphans` with the size of each; with `only`, just the one at that path. */
export function listOrphans(parts: Parts, only: string | null = null): Promise<Stray[]> {
  const strays = findOrphans(parts).filter(({ path }) => only === null || path === only);
  return Promise.all(
    strays.map(async (stray) => ({ ...stray, bytes: await folderBytes(parts.home.absolute(stray.path)) })),
  );
}

/**
 * Deletes them, or the one at `only`, and returns the bytes freed.
 * @throws StudioError refused while a job may be writing one, not_found where `only` is none
 */
export async function removeStrays(services: HandlerServices, only: string | null): Promise<number> {
  const { home } = services;
  requireIdle(services);
  const strays = await listOrphans(services, only);
  if (only !== null && strays.length === 0)
    throw new StudioError('not_found', `${only} is nothing that was left over.`, 'List what was: coto doctor.');
  let freedBytes = 0;
  for (const { path, bytes } of strays) {
    discardFolder(home.absolute(path));
    freedBytes += bytes;
  }
  return freedBytes;
}

/** @throws StudioError refused while a job may be writing */
export function requireIdle({ store }: Pick<Services, 'store'>): void {
  if (store.jobs.withStatus('running').length > 0)
    throw new StudioError('refused', 'Something is running, which may be writing there.', 'Wait for it, or cancel it.');
}

/** Folders that the studio names by the id of their row. */
const foldersByKind: ReadonlyMap<RowKind, string> = new Map([
  ['run', 'runs'],
  ['adapter', 'adapters'],
  ['report', 'reports'],
]);

/** Deletes what a row that could not be read had in the home: by its id, whatever the row says. */
export function removeFilesOf({ home }: Pick<Services, 'home'>, { kind, id }: UnreadableRow): void {
  const folder = foldersByKind.get(kind);
  if (folder !== undefined && /^[\w-]+$/.test(id)) discardFolder(home.absolute(folder, id));
}

/** None of a run whose folder is refused. */
function foldersOf(parts: Pick<Parts, 'home'>, run: RunPlace): string[] {
  try {
    return checkpointFolders(parts, run);
  } catch {
    return [];
  }
}

function childrenOf(home: Pick<Services['home'], 'entries'>, folder: string): string[] {
  return (
    home
      .entries(folder)
      // A model that is being trained keeps its checkpoint beside it.
      .names.filter((name) => !isUnfinished(name) && !name.endsWith('.checkpoint'))
      .map((name) => `${folder}/${name}`)
  );
}
