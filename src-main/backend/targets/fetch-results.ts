import { existsSync } from 'node:fs';
import { lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { z } from 'zod';
import { resultManifestSchema } from '../../../src-shared/domain/bundle.ts';
import { syncTree, temporaryName } from '../../engine/tensors/atomic.ts';
import { fileHash } from '../../files/file-hash.ts';
import { fileLimits, readBounded } from '../../files/foreign-file.ts';
import { bundleNames, resultFolder, resultNames } from '../bundles/bundle-files.ts';
import { readFollowedBundle } from './bundle-results.ts';
import { copyFiles, streamFrom } from './copy-files.ts';
import { ownName } from './remote-bundle.ts';
import type { SshPlace } from './run-program.ts';

/** Answers, as one archive, the names of the results and the small files that have changed since the mark $3: logs, failures, progress. */
const question = [
  'cd "$1" || exit 3',
  'mkdir -p logs results',
  // Clocks of file systems are coarse: what changes while this looks is looked at again.
  ': > ".mark-$2"; touch -d "@$(( $(date +%s) - 2 ))" ".mark-$2"',
  'ls -1 results > ".listing-$2"',
  'if [ -e ".mark-$3" ]; then newer="-newer .mark-$3"; else newer=; fi',
  'found() { echo "./.listing-$2"; find logs -type f ! -name "*.sh" $newer; find results -type f \\( -path "results/*.tmp-*/progress.jsonl" -o -path "results/*.failed-*.json" \\) $newer; }',
  // A run may end, and so move its files, meanwhile: the listing comes first and is whole.
  'found "$@" | tar -cf - -T - 2>/dev/null',
  'rm -f ".listing-$2" ".mark-$3"',
  'exit 0',
].join('\n');

/** So often a result that came torn is copied again; then it is left to the import, which says what is wrong with it. */
const tries = 2;

const manifestSchema = resultManifestSchema.pick({ files: true });

/** Brings what came of a bundle on a host into the bundle here. */
export class ResultFetcher {
  private readonly place: SshPlace;
  private readonly there: string;
  private readonly bundle: string;
  private mark = 'none';
  private runIds: ReadonlySet<string> | null = null;
  private readonly torn = new Map<string, number>();

  /** @param there the bundle's folder on the host */
  constructor(place: SshPlace, there: string, bundle: string) {
    this.place = place;
    this.there = there;
    this.bundle = bundle;
  }

  /** One look. Answers the names in the host's results. @throws StudioError disconnected */
  async look(signal?: AbortSignal): Promise<string[]> {
    this.runIds ??= new Set((await readFollowedBundle(this.bundle)).jobs.map(({ runId }) => runId));
    const mark = ownName();
    const folder = temporaryName(join(this.bundle, 'fetched'));
    await mkdir(folder);
    try {
      await streamFrom(this.place, ['sh', '-c', question, 'coto', this.there, mark, this.mark], folder, signal);
      const listing = await readBounded(join(folder, `.listing-${mark}`), fileLimits.config);
      const names = listing.split('\n').filter((name) => name !== '');
      await this.keep(folder);
      await this.fetchResults(names, signal);
      this.mark = mark;
      return names;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Takes over what was asked for, and nothing else that a host may send. */
  private async keep(folder: string): Promise<void> {
    for (const name of await namesIn(join(folder, 'logs')))
      if (!name.endsWith('.sh')) await this.move(join(folder, 'logs', name), join(this.bundle, 'logs', name));
    const results = join(this.bundle, bundleNames.results);
    for (const name of await namesIn(join(folder, bundleNames.results))) {
      const [, runId = '', kind] = /^([^.]+)[.](tmp|failed)-[\w.-]+$/.exec(name) ?? [];
      if (!this.runIds?.has(runId)) continue;
      const inner = kind === 'tmp' ? [name, resultNames.progress] : [name];
      if (kind === 'tmp' && (await namesIn(join(folder, bundleNames.results, name))).length === 0) continue;
      await this.move(join(folder, bundleNames.results, ...inner), join(results, ...inner));
    }
  }

  private async move(from: string, to: string): Promise<void> {
    const found = await lstat(from).catch(() => null);
    if (found?.isFile() !== true) return;
    await mkdir(dirname(to), { recursive: true });
    await rename(from, to);
  }

  private async fetchResults(names: readonly string[], signal?: AbortSignal): Promise<void> {
    const wanted = names.filter((name) => this.runIds?.has(name) && !existsSync(resultFolder(this.bundle, name)));
    if (wanted.length === 0) return;
    const folder = temporaryName(join(this.bundle, 'fetched'));
    await mkdir(folder);
    const there = `${this.there}/${bundleNames.results}`;
    try {
      const manifests = wanted.map((name) => `${name}/${resultNames.manifest}`);
      await copyFiles(this.place, 'from', { here: folder, there, paths: manifests }, signal);
      const files = new Map(
        await Promise.all(wanted.map(async (name) => [name, await filesOf(join(folder, name))] as const)),
      );
      const paths = [...files].flatMap(([name, own]) => own.map(({ path }) => `${name}/${path}`));
      await copyFiles(this.place, 'from', { here: folder, there, paths }, signal);
      for (const [name, own] of files) await this.accept(name, join(folder, name), own);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  private async accept(runId: string, folder: string, files: readonly ManifestFile[]): Promise<void> {
    const isWhole = files.length > 0 && (await Promise.all(files.map((file) => isAs(folder, file)))).every(Boolean);
    const before = this.torn.get(runId) ?? 0;
    if (!isWhole && before + 1 < tries) {
      this.torn.set(runId, before + 1);
      return;
    }
    await syncTree(folder);
    const target = resultFolder(this.bundle, runId);
    await mkdir(dirname(target), { recursive: true });
    // The first writer wins, as on a shared folder.
    if (!existsSync(target)) await rename(folder, target);
  }
}

/** Of a folder that is one: a link that a host has sent would lead to files of this machine. */
async function namesIn(folder: string): Promise<string[]> {
  const found = await lstat(folder).catch(() => null);
  return found?.isDirectory() === true ? readdir(folder) : [];
}

/** Removes what is left here of attempts that have ended where they ran: `names` are those in the hosts' results. */
export async function removeEnded(bundle: string, names: ReadonlySet<string>): Promise<void> {
  const results = join(bundle, bundleNames.results);
  for (const name of await namesIn(results))
    if (/^[^.]+[.]tmp-/.test(name) && !names.has(name)) await rm(join(results, name), { recursive: true, force: true });
}

type ManifestFile = z.infer<typeof manifestSchema>['files'][number];

/** Of a manifest that cannot be read none: what is wrong with it is said when it is imported. */
async function filesOf(folder: string): Promise<readonly ManifestFile[]> {
  try {
    const text = await readBounded(join(folder, resultNames.manifest), fileLimits.index);
    return manifestSchema.parse(JSON.parse(text)).files;
  } catch {
    return [];
  }
}

async function isAs(folder: string, { path, bytes, sha256 }: ManifestFile): Promise<boolean> {
  const file = join(folder, path);
  const found = await lstat(file).catch(() => null);
  if (found?.isFile() !== true || found.size !== bytes) return false;
  return (await fileHash(file)) === sha256;
}
