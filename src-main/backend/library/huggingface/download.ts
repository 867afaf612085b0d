import { mkdir, rename, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { DownloadPlan } from '../../../../src-shared/domain/models/hub.ts';
import { writeFileAtomic } from '../../../files/atomic.ts';
import { requireDiskSpace } from '../../../files/disk-space.ts';
import { cacheFolder, repositoryFolder } from './cache-folder.ts';
import type { RemoteModel } from './check-remote.ts';
import { addressOf, type Endpoint, openEndpoint } from './endpoint.ts';
import { fetchFile, isIntact } from './fetch-file.ts';
import type { RemoteFile } from './needed-files.ts';
import { type AskedModel, lookUpRepository, type Repository } from './repository.ts';

/** Refuses a model before its weights are fetched. */
type Check = (model: RemoteModel) => Promise<void>;

/** Lists the files of a model, their host and the target folder. Downloads nothing of what passes the check. */
export async function planDownload(
  environment: NodeJS.ProcessEnv,
  asked: AskedModel,
  signal: AbortSignal,
  check?: Check,
): Promise<Omit<DownloadPlan, 'model'>> {
  const endpoint = openEndpoint(environment);
  const repository = await lookUpRepository(endpoint, asked, signal);
  const { folder, snapshot } = placeOf(environment, repository);
  const files = await Promise.all(
    repository.files.map(async (file) => ({
      name: file.name,
      bytes: file.bytes,
      present: await isPresent(join(folder, 'blobs', file.hash.hex), file),
    })),
  );
  if (files.some(({ present }) => !present)) {
    await requireSpace(folder, repository.files);
    await check?.({ endpoint, repository, signal });
  }
  const { id, revision, commit, quantization } = repository;
  const formats = [...repository.formats];
  return { repository: id, revision, commit, host: endpoint.url.host, folder: snapshot, files, quantization, formats };
}

/**
 * Downloads a base model into the cache folder in Hugging Face's own layout, so that its tools find it too: blobs/
 * by hash, snapshots/<commit>/ with links to them, refs/<revision>. Existing files are not downloaded again where their
 * content has the hub's hash.
 *
 * @param onProgress bytes downloaded and total
 * @returns the snapshot's folder, or the GGUF file in it
 */
export async function downloadRepository(
  environment: NodeJS.ProcessEnv,
  asked: AskedModel,
  signal: AbortSignal,
  onProgress: (doneBytes: number, totalBytes: number) => void,
  check?: Check,
): Promise<string> {
  const endpoint = openEndpoint(environment);
  const repository = await lookUpRepository(endpoint, asked, signal);
  const { folder, snapshot } = placeOf(environment, repository);
  const totalBytes = repository.files.reduce((sum, { bytes }) => sum + bytes, 0);
  if ((await requireSpace(folder, repository.files)) > 0) await check?.({ endpoint, repository, signal });
  await mkdir(snapshot, { recursive: true });
  let doneBytes = 0;
  for (const file of repository.files) {
    const blob = join(folder, 'blobs', file.hash.hex);
    if (!(await isIntact(join(snapshot, file.name), file))) {
      if (!(await isIntact(blob, file))) {
        const before = doneBytes;
        const onBytes = (bytes: number) => onProgress(before + bytes, totalBytes);
        await fetchFile(endpoint, fileAddress(endpoint, repository, file), file, blob, { signal, onBytes });
      }
      await mkdir(dirname(join(snapshot, file.name)), { recursive: true });
      await link(blob, join(snapshot, file.name));
    }
    doneBytes += file.bytes;
    onProgress(doneBytes, totalBytes);
  }
  const { revision, commit, quantization, files } = repository;
  if (revision !== commit) await writeFileAtomic(join(folder, 'refs', revision), commit);
  return quantization === null ? snapshot : join(snapshot, files[0]?.name ?? '');
}

function placeOf(environment: NodeJS.ProcessEnv, { id, commit }: Repository): { folder: string; snapshot: string } {
  const folder = repositoryFolder(cacheFolder(environment), id);
  return { folder, snapshot: join(folder, 'snapshots', commit) };
}

function fileAddress(endpoint: Endpoint, { id, commit }: Repository, { name }: RemoteFile): URL {
  return addressOf(endpoint, `${id}/resolve/${commit}/${name}`);
}

async function isPresent(path: string, { bytes }: RemoteFile): Promise<boolean> {
  return (await stat(path).catch(() => null))?.size === bytes;
}

/** Returns the missing bytes. @throws StudioError disk_full if they do not fit on the disk */
async function requireSpace(folder: string, files: readonly RemoteFile[]): Promise<number> {
  let missing = 0;
  for (const file of files) {
    const blob = join(folder, 'blobs', file.hash.hex);
    if (await isPresent(blob, file)) continue;
    missing += file.bytes - ((await stat(`${blob}.incomplete`).catch(() => null))?.size ?? 0);
  }
  await requireDiskSpace(folder, missing);
  return missing;
}

/** Creates a relative link, as Hugging Face's tools do; a copy where links are not permitted (Windows). */
async function link(blob: string, path: string): Promise<void> {
  await rm(path, { force: true });
  try {
    await symlink(relative(dirname(path), blob), path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) throw error;
    await rename(blob, path);
  }
}
