import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { startReader } from '../../../src-main/backend/reading/foreign-reader.ts';
import { resultOf } from '../../../src-shared/domain/jobs/job.ts';
import { bundleStudySchema, type Collected, resultManifestSchema } from '../../../src-shared/domain/targets/bundle.ts';
import { type OpenBackend, openBackend, realEngine, temporaryFolder, tinyIdx, tinyResources } from '../support.ts';

/** A bundle of two runs of two steps that other machines have trained, and the home that wrote it. */
export interface TrainedBundle {
  /** A copy, whose results the test changes as a hostile machine would. */
  copy(): AttackedBundle;
  /** A copy of the home, which has collected nothing. */
  openHome(): Promise<OpenBackend>;
}

export interface AttackedBundle {
  readonly folder: string;
  /** Folder of a job's result. */
  result(index: number): string;
  /** Name of a job's result. */
  runId(index: number): string;
}

/** Trains the bundle with the real engine. */
export async function trainBundle(): Promise<TrainedBundle> {
  const resourcesDirectory = tinyResources();
  const data = tinyIdx();
  const bundle = join(temporaryFolder(), 'bundle');
  const open = (home: string) => openBackend({ startEngine: realEngine, startReader, resourcesDirectory, home });
  const [home, worker] = [join(temporaryFolder(), 'home'), join(temporaryFolder(), 'worker')];
  const backend = await open(home);
  const { id } = await backend.handle('datasets.add', { path: data, name: 'bands' });
  await backend.handle('settings.set', { forgetting: false });
  const run = {
    ...{ model: 'tiny', dataset: id, max_steps: 2, eval_steps: 1, eval_samples: 2, compute_backend: 'wasm' },
    ...{ per_device_train_batch_size: 4, adapter: { r: 2, target_modules: ['q_proj', 'v_proj'] } },
  };
  const config = { kind: 'ablation', run, grid: { coto: [null, {}] }, seeds: [1] };
  const written = await backend.handle('bundles.write', { config, name: 'Two runs', path: bundle });
  await backend.idle();
  const { status, error } = await backend.handle('jobs.get', { id: written.id });
  if (status !== 'completed') throw new Error(error?.message ?? status);
  await backend.close();
  const node = await open(worker);
  for (const index of [0, 1]) await node.handle('bundles.work', { path: bundle, index });
  await node.close();
  return {
    copy() {
      const folder = join(temporaryFolder(), 'bundle');
      cpSync(bundle, folder, { recursive: true });
      const { jobs } = bundleStudySchema.parse(JSON.parse(readFileSync(join(folder, 'study.json'), 'utf8')));
      const runId = (index: number) => jobs[index]?.runId ?? '';
      return { folder, runId, result: (index) => join(folder, 'results', runId(index)) };
    },
    async openHome() {
      const own = join(temporaryFolder(), 'home');
      cpSync(home, own, { recursive: true });
      return open(own);
    },
  };
}

/** Collects a bundle. @throws Error with the words of the failed job */
export async function collect(backend: OpenBackend, { folder }: Pick<AttackedBundle, 'folder'>): Promise<Collected> {
  const job = await backend.handle('bundles.collect', { path: folder });
  await backend.idle();
  const { status, error } = await backend.handle('jobs.get', { id: job.id });
  if (status !== 'completed') throw new Error(error?.message ?? status);
  const collected = resultOf(await backend.handle('jobs.result', { id: job.id }), 'collect');
  if (collected === null) throw new Error('nothing was collected');
  return collected;
}

/** Writes a manifest that names all files of a result with their sizes and hashes, as a hostile machine can. */
export function reseal(result: string): void {
  const path = join(result, 'manifest.json');
  const manifest = resultManifestSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  const files = readdirSync(result, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => file !== path)
    .map((file) => {
      const bytes = readFileSync(file);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      return { path: file.slice(result.length + 1), sha256, bytes: bytes.length };
    });
  writeFileSync(path, JSON.stringify({ ...manifest, files }));
}

const record = z.record(z.string(), z.unknown());

/** Changes a file of JSON, packed or not. */
export function editValue(file: string, edit: (value: Record<string, unknown>) => unknown): void {
  const bytes = readFileSync(file);
  const isPacked = file.endsWith('.gz');
  const value = record.parse(JSON.parse((isPacked ? gunzipSync(bytes) : bytes).toString('utf8')));
  const text = JSON.stringify(edit(value));
  writeFileSync(file, isPacked ? gzipSync(text) : text);
}

/** The file with the history of a result. */
export const historyOf = (result: string): string => join(result, 'history', '000000.json.gz');

/** A file of gzip that unpacks to so many spaces after `text`. */
export function bomb(text: string, mebibytes: number): Buffer {
  const pieces = Array.from({ length: mebibytes }, () => gzipSync(Buffer.alloc(2 ** 20, ' ')));
  return Buffer.concat([gzipSync(text), ...pieces]);
}

/** All regular files of a home that runs and adapters have. */
export function keptFiles({ home }: OpenBackend): string[] {
  return ['adapters', 'runs'].flatMap((folder) => {
    mkdirSync(join(home, folder), { recursive: true });
    return readdirSync(join(home, folder), { recursive: true }).map((name) => `${folder}/${name}`);
  });
}
