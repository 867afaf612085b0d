import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, opendir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { DatasetDescription } from '../../../src-shared/domain/data/dataset.ts';
import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import type { BundleJob, HashedFile, ResultManifest } from '../../../src-shared/domain/targets/bundle.ts';
import { formatBytes } from '../../../src-shared/format/bytes.ts';
import { adapterTensorsFile, notFinite } from '../../engine/api/adapters.ts';
import { openSafetensors } from '../../engine/api/tensors.ts';
import { fileLimits, openBelow } from '../../files/foreign-file.ts';
import { readFacts } from '../library/adapters/adapter-facts.ts';
import { adapterFiles } from '../library/adapters/adapter-files.ts';
import type { CopiedResult } from '../reading/bundle-schemas.ts';
import { bundleLimits } from '../reading/limits.ts';
import { adapterBytes } from '../runs/cost.ts';
import { bundleNames, resultNames, rowFiles } from './bundle-files.ts';
import { orRefused, refusedResult } from './read-result.ts';

interface CopiedRun {
  readonly job: BundleJob;
  readonly manifest: ResultManifest;
  readonly config: RunConfig;
  readonly model: ModelDescription;
  readonly dataset: DatasetDescription;
  /** New folders of the home. */
  readonly adapterFolder: string;
  readonly runFolder: string;
}

/**
 * Copies the files of a result that its manifest names and a result has, each of at most the size that it can have, and checks
 * sizes, hashes and tensors.
 */
export async function copyResult(folder: string, run: CopiedRun): Promise<CopiedResult> {
  return orRefused(async () => {
    const { job, manifest, adapterFolder, runFolder, model } = run;
    await requireNoOthers(folder, job, manifest);
    const kinds = fileKinds(run);
    const leftOut: string[] = [];
    const wanted = manifest.files.flatMap((file) => {
      const kind = kinds.find(({ matches }) => matches(file.path));
      if (kind === undefined) leftOut.push(file.path);
      return kind === undefined ? [] : [{ file, kind }];
    });
    for (const kind of kinds) {
      const bytes = wanted.reduce((sum, one) => sum + (one.kind === kind ? one.file.bytes : 0), 0);
      if (bytes <= kind.maxBytes) continue;
      const name = wanted.find((one) => one.kind === kind && one.file.bytes > kind.maxBytes)?.file.path ?? kind.name;
      throw refusedResult(job, `${name} has ${formatBytes(bytes)}, and at most ${formatBytes(kind.maxBytes)} are read`);
    }
    const made = new Set<string>();
    for (const { file, kind } of wanted) {
      const target = kind.target === null ? null : join(kind.target, ...file.path.split('/').slice(kind.skipped));
      if (target !== null && !made.has(dirname(target))) {
        await mkdir(dirname(target), { recursive: true });
        made.add(dirname(target));
      }
      await copyVerified(folder, target, file, job);
    }
    await mkdir(runFolder, { recursive: true });
    const facts = await checkAdapter(adapterFolder, model, manifest).catch((thrown: unknown) => {
      if (!(thrown instanceof StudioError)) throw thrown;
      const why = thrown.message.replaceAll(adapterFolder, resultNames.adapter).replace(/[.]$/, '');
      throw refusedResult(job, `its adapter cannot be used: ${why}`);
    });
    return { kind: 'copied', facts, leftOut };
  });
}

/** One kind of files in a result. */
interface FileKind {
  readonly name: string;
  matches(path: string): boolean;
  /** Maximum size of all files of the kind together. */
  readonly maxBytes: number;
  /** Folder that keeps the files; null: the files are only checked. */
  readonly target: string | null;
  /** Number of leading folders of the path that the copy leaves out. */
  readonly skipped: number;
}

/** The files that a result can have, with the most bytes of each. */
function fileKinds(run: CopiedRun): FileKind[] {
  const { adapterFolder, runFolder } = run;
  const exactly = (name: string) => (path: string) => path === name;
  const adapter = adapterFiles.map((name): FileKind => {
    const path = `${resultNames.adapter}/${name}`;
    const maxBytes = name === adapterTensorsFile ? maxTensorBytes(run) : textLimit(name);
    return { name: path, matches: exactly(path), maxBytes, target: adapterFolder, skipped: 1 };
  });
  const own = (name: string, maxBytes: number): FileKind => ({
    ...{ name, matches: exactly(name), maxBytes, target: null, skipped: 0 },
  });
  const kept = (name: keyof typeof rowFiles): FileKind => ({
    ...{ name, matches: (path) => rowFiles[name].test(path), maxBytes: bundleLimits[name].stored },
    ...{ target: runFolder, skipped: 0 },
  });
  return [
    ...adapter,
    own(resultNames.run, bundleLimits.run),
    own(resultNames.progress, bundleLimits.run),
    kept('history'),
    kept('samples'),
  ];
}

function textLimit(name: string): number {
  return name.endsWith('.json') ? fileLimits.config : fileLimits.prose;
}

/** Adapters of some variants are stored as LoRA of twice their rank. */
function maxTensorBytes({ job, config, model, dataset }: Omit<CopiedRun, 'manifest'>): number {
  try {
    const planned = adapterBytes({ config, model: { description: model }, dataset, backend: 'native' });
    return 2 * planned + bundleLimits.adapterSlack;
  } catch (thrown) {
    if (!(thrown instanceof StudioError)) throw thrown;
    throw refusedResult(job, `its settings do not fit the base: ${thrown.message.replace(/[.]$/, '')}`);
  }
}

async function checkAdapter(folder: string, model: ModelDescription, manifest: ResultManifest) {
  const facts = await readFacts(folder, model, sumsOf(manifest));
  const file = await openSafetensors(join(folder, adapterTensorsFile));
  try {
    for (const name of file.names)
      if (!(await file.lend(name, ({ finite }) => finite))) throw notFinite(file.path, name);
  } finally {
    await file.close();
  }
  return facts;
}

function sumsOf({ files }: ResultManifest) {
  const names = adapterFiles.map((name) => `${resultNames.adapter}/${name}`);
  const own = files.filter(({ path }) => names.includes(path));
  const tensors = own.find(({ path }) => basename(path) === adapterTensorsFile);
  const sizeBytes = own.reduce((sum, { bytes }) => sum + bytes, 0);
  return tensors === undefined ? null : { sizeBytes, sha256: tensors.sha256 };
}

/** A file that the manifest does not name was not verified by anybody. */
async function requireNoOthers(bundle: string, job: BundleJob, { files }: ResultManifest): Promise<void> {
  const named = new Set([resultNames.manifest, ...files.map(({ path }) => path)]);
  let entries = 0;
  const look = async (below: string): Promise<void> => {
    for await (const entry of await opendir(join(bundle, bundleNames.results, job.runId, below))) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (++entries > bundleLimits.entries)
        throw refusedResult(job, `it has more than ${bundleLimits.entries} files and folders`);
      if (entry.isDirectory()) await look(path);
      else if (!named.has(path)) throw refusedResult(job, `its manifest does not name ${path}`);
    }
  };
  await look('');
}

/** Files up to this size are read at once. */
const atOnce = 2 ** 22;

async function copyVerified(folder: string, to: string | null, file: HashedFile, job: BundleJob): Promise<void> {
  const source = await openBelow(folder, `${bundleNames.results}/${job.runId}/${file.path}`).catch(() => null);
  if (source === null) throw refusedResult(job, `${file.path} is missing or not a regular file`);
  let target: FileHandle | null = null;
  try {
    const { size } = await source.stat();
    if (size !== file.bytes) throw refusedResult(job, `${file.path} has ${size} bytes in place of ${file.bytes}`);
    const hash = createHash('sha256');
    target = to === null ? null : await open(to, 'wx', 0o600);
    const writer = target;
    let copied = 0;
    const take = async (piece: Uint8Array) => {
      // The file may grow while it is read.
      copied += piece.length;
      if (copied > file.bytes) throw refusedResult(job, `${file.path} has more than ${file.bytes} bytes`);
      hash.update(piece);
      await writer?.writeFile(piece);
    };
    if (file.bytes <= atOnce) await take(await readWhole(source, file.bytes));
    else
      await pipeline(source.createReadStream({ autoClose: false, highWaterMark: 2 ** 20 }), async (pieces) => {
        for await (const piece of pieces) await take(piece);
      });
    if (hash.digest('hex') !== file.sha256) throw refusedResult(job, `${file.path} has another SHA-256`);
    await writer?.sync();
  } finally {
    await source.close();
    await target?.close();
  }
}

async function readWhole(source: FileHandle, bytes: number): Promise<Uint8Array> {
  const whole = Buffer.alloc(bytes);
  for (let filled = 0; filled < bytes; ) {
    const { bytesRead } = await source.read(whole, filled, bytes - filled, filled);
    if (bytesRead === 0) return whole.subarray(0, filled);
    filled += bytesRead;
  }
  return whole;
}
