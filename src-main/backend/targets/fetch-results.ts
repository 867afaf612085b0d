import { existsSync } from 'node:fs';
import { chmod, lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { z } from 'zod';
import { bundleInputsSchema, resultManifestSchema } from '../../../src-shared/domain/targets/bundle.ts';
import { temporaryName, writeFolderAtomic } from '../../files/atomic.ts';
import { fileHash } from '../../files/file-hash.ts';
import { fileLimits, openBelow, readBelow } from '../../files/foreign-file.ts';
import { bundleNames, isResultFile, resultFolder, resultNames } from '../bundles/bundle-files.ts';
import { bundleLimits } from '../reading/limits.ts';
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
  'found() { echo "./.listing-$2"; find logs -type f \\( -name "*.out" -o -name "*.host" -o -name "*.pid" -o -name "*.ended" \\) $newer; find results -type f \\( -path "results/*.tmp-*/progress.jsonl" -o -path "results/*.failed-*.json" \\) $newer; }',
  // A run may end, and so move its files, meanwhile: the listing comes first and is whole.
  'found "$@" | tar -cf - -T - 2>/dev/null',
  'rm -f ".listing-$2" ".mark-$3"',
  'exit 0',
].join('\n');

/** So often a result that came torn is copied again; then it is left to the import, which says what is wrong with it. */
const tries = 2;

const manifestSchema = resultManifestSchema.pick({ files: true });

/** A file that a host writes of one run: its output, where it runs and how it ended. Others would steer this machine. */
const logFile = /^[\w-]+_\d+[.](out|host|pid|ended)$/;

/** Most bytes of logs, progress and failures that a host sends at once, in all and for each run. */
const maxProgressBytes = { fixed: 64 * 2 ** 20, perRun: 2 ** 18 };

/** Brings what came of a bundle on a host into the bundle here. */
export class ResultFetcher {
  private readonly place: SshPlace;
  private readonly there: string;
  private readonly bundle: string;
  private mark = 'none';
  private runIds: ReadonlySet<string> | null = null;
  private readonly torn = new Map<string, number>();
  private maxBytes: number | null = null;

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
      const maxBytes = maxProgressBytes.fixed + maxProgressBytes.perRun * this.runIds.size;
      const words = ['sh', '-c', question, 'coto', this.there, mark, this.mark];
      await streamFrom(this.place, words, { folder, maxBytes }, signal);
      const listing = await readBelow(folder, `.listing-${mark}`, fileLimits.config);
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
      if (logFile.test(name)) await this.move(join(folder, 'logs', name), join(this.bundle, 'logs', name));
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
    await chmod(from, 0o600);
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
      const ofManifests = { here: folder, there, paths: manifests, maxBytes: wanted.length * bundleLimits.manifest };
      await copyFiles(this.place, 'from', ofManifests, signal);
      this.maxBytes ??= await maxResultBytes(this.bundle);
      const files = new Map<string, readonly ManifestFile[]>();
      for (const name of wanted) files.set(name, await filesOf(folder, name, this.maxBytes));
      const own = [...files].flatMap(([name, list]) => list.map((file) => ({ ...file, path: `${name}/${file.path}` })));
      const maxBytes = own.reduce((sum, { bytes }) => sum + bytes, 0);
      await copyFiles(
        this.place,
        'from',
        { here: folder, there, paths: own.map(({ path }) => path), maxBytes },
        signal,
      );
      for (const [name, list] of files) await this.accept(name, folder, list);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  private async accept(runId: string, fetched: string, files: readonly ManifestFile[]): Promise<void> {
    const sent = join(fetched, runId);
    const isWhole = files.length > 0 && (await Promise.all(files.map((file) => isAs(sent, file)))).every(Boolean);
    const before = this.torn.get(runId) ?? 0;
    if (!isWhole && before + 1 < tries) {
      this.torn.set(runId, before + 1);
      return;
    }
    const target = resultFolder(this.bundle, runId);
    // The first writer wins, as on a shared folder.
    if (existsSync(target)) return;
    await writeFolderAtomic(target, (folder) =>
      takeFiles(sent, folder, [resultNames.manifest, ...files.map(({ path }) => path)]),
    );
  }
}

/** Ignores links: one sent by a host could lead to local files. */
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

/** Moves these files, where they are regular ones, into a new folder, for this person alone. */
async function takeFiles(from: string, to: string, paths: readonly string[]): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const path of paths) {
    const handle = await openBelow(from, path).catch(() => null);
    if (handle === null) continue;
    await handle.chmod(0o600);
    await handle.close();
    await mkdir(dirname(join(to, path)), { recursive: true });
    await rename(join(from, path), join(to, path));
  }
}

/** Maximum size of a result: its history, samples and log, and an adapter of twice the bytes of the largest base. */
async function maxResultBytes(bundle: string): Promise<number> {
  const { history, samples, run, adapterSlack } = bundleLimits;
  const rest = history.stored + samples.stored + 3 * run + adapterSlack;
  const text = await readBelow(bundle, bundleNames.inputs, bundleLimits.inputs).catch(() => null);
  const inputs = text === null ? [] : bundleInputsSchema.parse(JSON.parse(text)).inputs;
  return rest + 2 * Math.max(0, ...inputs.map(({ role, bytes }) => (role === 'model' ? bytes : 0)));
}

/**
 * The files of a fetched manifest that a result has. None of a manifest that cannot be read, or of a result that is larger than
 * any of the bundle: its import says what is wrong with it.
 */
async function filesOf(fetched: string, runId: string, maxBytes: number): Promise<readonly ManifestFile[]> {
  try {
    const text = await readBelow(fetched, `${runId}/${resultNames.manifest}`, bundleLimits.manifest);
    const files = manifestSchema.parse(JSON.parse(text)).files.filter(({ path }) => isResultFile(path));
    return files.reduce((sum, { bytes }) => sum + bytes, 0) > maxBytes ? [] : files;
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
