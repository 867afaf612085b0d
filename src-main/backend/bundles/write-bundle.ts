import { existsSync } from 'node:fs';
import { chmod, constants, copyFile, link, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ComputeId } from '../../../src-shared/domain/app/catalog.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import type { TrainingSpec } from '../../../src-shared/domain/studies/plan.ts';
import {
  type BundleJob,
  type BundleStudy,
  bundleFormat,
  maxBundleJobs,
} from '../../../src-shared/domain/targets/bundle.ts';
import { formatBytes } from '../../../src-shared/format/bytes.ts';
import type { StudyConfig } from '../../../src-shared/studies/index.ts';
import { temporaryName, writeFolderAtomic } from '../../files/atomic.ts';
import { folderBytes } from '../../files/folder-fingerprint.ts';
import { freeDiskBytes } from '../../files/free-disk.ts';
import { withOutputNote } from '../home/output-notes.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { trainingKey } from '../library/content-keys.ts';
import { resolveDataset } from '../library/datasets/datasets.ts';
import { resolveModel } from '../library/models/models.ts';
import { bundleLimits } from '../reading/limits.ts';
import { plannedRun } from '../runs/planned-runs.ts';
import { checkedRun, toYaml } from '../runs/run-yaml.ts';
import { preparedStudy, requireOwnTrainings } from '../studies/studies.ts';
import { bundleNames, contentIdOf, program } from './bundle-files.ts';
import { describeDatasetInput, describeModelInput, type HashWatch, type LocalInput } from './describe-inputs.ts';
import type { PlannedTraining, PythonWriter } from './python-runs.ts';
import { runKey } from './run-key.ts';
import { isWhole } from './verified-blobs.ts';

export interface BundleWish {
  readonly config: StudyConfig;
  readonly name: string;
  /** Bases and datasets are read where they are, on a disk that every machine has at the same path. */
  readonly inputsInPlace: boolean;
  /** A folder of several bundles, which keeps their inputs once, by SHA-256: each bundle has links to them. */
  readonly sharedInputs?: string;
  /** The runs that are bundled; by default those of the study's first round. */
  readonly trainings?: readonly TrainingSpec[];
  /** Also writes each run for Transformers and PEFT; then bases that come with CoTo Studio are copied as well. */
  readonly python?: PythonWriter;
}

export interface BundleWatch {
  readonly signal: AbortSignal;
  readonly onBytes: (done: number, total: number) => void;
}

/**
 * Writes what other machines need to train the runs of a study: those of its first round that are not completed here. Nothing is
 * left of a bundle that could not be written.
 * @throws StudioError for a folder that is there, a study that trains nothing, or a run that cannot leave this home
 */
export async function writeBundle(
  services: HandlerServices,
  folder: string,
  wish: BundleWish,
  watch: BundleWatch,
): Promise<BundleStudy> {
  await requireUnused(folder);
  requireOwnTrainings(wish.config);
  const { config, specs } = await preparedStudy(services, wish.config);
  const trainings = new Map<string, PlannedTraining>();
  for (const spec of wish.trainings ?? specs) {
    if (spec.kind !== 'train' || (await plannedRun(services, spec))?.status === 'completed') continue;
    const checked = checkedRun(spec.config);
    requirePortable(spec.title, checked);
    const model = await resolveModel(services, checked.model);
    const dataset = await resolveDataset(services, checked.dataset);
    const own = { ...checked, model: model.id, dataset: dataset.id };
    trainings.set(await trainingKey(own, model, dataset), { title: spec.title, config: own, model, dataset });
  }
  if (trainings.size === 0)
    throw new StudioError(
      'refused',
      specs.some(({ kind }) => kind === 'train')
        ? `All runs of "${wish.name}" are trained here already.`
        : `"${wish.name}" trains nothing: it only evaluates adapters that are here.`,
      'Run the study here: coto study.',
    );
  if (trainings.size > maxBundleJobs)
    throw new StudioError(
      'refused',
      `"${wish.name}" has ${trainings.size} runs to train, and a bundle has at most ${maxBundleJobs}.`,
      'Split the study, for example by its seeds.',
    );
  const planned = [...trainings.values()];
  const texts = planned.map(({ title, config: run }) => yamlOf(title, run));
  const inputs = await describeInputs(planned, wish, watch);
  const described = inputs.map(({ input }) => input);
  const jobs = planned.map((training, index): BundleJob => {
    const runId = runKey(training.config, described);
    return { index, runId, title: training.title, file: `${bundleNames.jobs}/${runId}.yaml` };
  });
  const { forgetting } = services.store.settings.get();
  const computeBackend = await backendOf(services, planned);
  const content = { program, name: wish.name, config, computeBackend, settings: { forgetting }, jobs };
  const id = contentIdOf(content, described);
  const study: BundleStudy = { format: bundleFormat, id, createdAt: Date.now(), ...content };
  const blobs = blobsOf(inputs);
  await requireSpace(folder, blobs, wish.sharedInputs);
  await withOutputNote(services, folder, () =>
    writeFolderAtomic(folder, async (temporary) => {
      await writeBlobs(temporary, blobs, { ...watch, shared: wish.sharedInputs });
      await mkdir(join(temporary, bundleNames.jobs));
      for (const [at, job] of jobs.entries()) {
        watch.signal.throwIfAborted();
        const training = planned[at];
        if (training === undefined) continue;
        await writeFile(join(temporary, job.file), texts[at] ?? '');
        await wish.python?.run(temporary, job, training);
      }
      await writeFile(join(temporary, bundleNames.inputs), json({ format: bundleFormat, inputs: described }));
      await writeFile(join(temporary, bundleNames.script), jobScript);
      await chmod(join(temporary, bundleNames.script), 0o755);
      await wish.python?.finish(temporary, id);
      await mkdir(join(temporary, bundleNames.results));
      await writeFile(join(temporary, bundleNames.study), json(study));
    }),
  );
  return study;
}

/** The file of a job. @throws StudioError refused for one that whoever collects the bundle would not read */
function yamlOf(title: string, config: RunConfig): string {
  const text = `# ${title}\n${toYaml(config)}`;
  const bytes = Buffer.byteLength(text);
  if (bytes <= bundleLimits.yaml) return text;
  throw new StudioError(
    'refused',
    `The settings of the run "${title}" have ${formatBytes(bytes)} as YAML, and a bundle takes ${formatBytes(bundleLimits.yaml)}.`,
    'Shorten its prompts or lists of modules.',
  );
}

async function describeInputs(
  trainings: readonly PlannedTraining[],
  { inputsInPlace, python }: BundleWish,
  { signal, onBytes }: BundleWatch,
): Promise<LocalInput[]> {
  const models = new Map(trainings.map(({ model }) => [model.id, model]));
  const datasets = new Map(trainings.map(({ dataset }) => [dataset.id, dataset]));
  const paths = [...models.values()].map(({ path }) => path);
  const sizes = await Promise.all(
    [...paths, ...[...datasets.values()].map(({ source }) => source.path)].map(folderBytes),
  );
  const total = sizes.reduce((sum, bytes) => sum + bytes, 0);
  let done = 0;
  const watch: HashWatch = {
    signal,
    onBytes: (bytes) => {
      done += bytes;
      onBytes(Math.min(done, total), total);
    },
  };
  const inputs: LocalInput[] = [];
  for (const model of models.values())
    inputs.push(await describeModelInput(model, { inPlace: inputsInPlace, withBundled: python !== undefined }, watch));
  for (const dataset of datasets.values()) inputs.push(await describeDatasetInput(dataset, inputsInPlace, watch));
  return inputs;
}

/** The backend that runs take here; null where each names its own. */
async function backendOf(
  { store, engine }: HandlerServices,
  trainings: readonly PlannedTraining[],
): Promise<ComputeId | null> {
  if (trainings.every(({ config }) => config.compute_backend !== 'auto')) return null;
  await engine.prepare();
  return engine.backends(store.settings.get().compute_backend)?.find(({ chosen }) => chosen)?.id ?? null;
}

/** A file that the bundle gets a copy of, or a link to. */
interface BundledFile {
  readonly from: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** Equal files of several inputs are one blob. */
function blobsOf(inputs: readonly LocalInput[]): BundledFile[] {
  const blobs = new Map<string, BundledFile>();
  for (const { input, files } of inputs) {
    if (input.place.kind !== 'blobs') continue;
    for (const [at, { sha256, bytes }] of input.files.entries()) {
      const from = files[at]?.from;
      if (from !== undefined) blobs.set(sha256, { from, sha256, bytes });
    }
  }
  return [...blobs.values()];
}

async function writeBlobs(
  temporary: string,
  blobs: readonly BundledFile[],
  { signal, shared }: Pick<BundleWatch, 'signal'> & { readonly shared: string | undefined },
): Promise<void> {
  const folder = join(temporary, bundleNames.blobs);
  await mkdir(folder, { recursive: true });
  for (const blob of blobs) {
    signal.throwIfAborted();
    const to = join(folder, blob.sha256);
    if (shared === undefined) await copyBlob(blob.from, to);
    else await linkShared(join(shared, bundleNames.blobs), blob, to, signal);
  }
}

async function copyBlob(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_FICLONE);
  // Others may read what they may read of the original; the bundle's folder is open to them.
  const { mode } = await stat(from);
  await chmod(to, 0o600 | (mode & 0o044));
}

/** Makes `to` a link to the shared file of that hash, which is written where it is not there, or is not what its name says. */
async function linkShared(
  folder: string,
  { from, sha256, bytes }: BundledFile,
  to: string,
  signal: AbortSignal,
): Promise<void> {
  const common = join(folder, sha256);
  const isThere = await isWhole(common, { sha256, bytes }, () => signal.throwIfAborted());
  signal.throwIfAborted();
  if (!isThere) {
    await mkdir(folder, { recursive: true });
    const temporary = temporaryName(common);
    try {
      await copyBlob(from, temporary);
      await rename(temporary, common);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }
  // A disk without links, or a file of somebody else's, is copied; so is one that was cleaned away meanwhile.
  await link(common, to).catch(() => copyBlob(from, to));
}

/** @throws StudioError refused for a run that begins with an adapter, which only this home knows */
function requirePortable(title: string, { adapter }: RunConfig): void {
  if (adapter.init_adapter === null) return;
  throw new StudioError(
    'refused',
    `The run "${title}" begins with the adapter ${adapter.init_adapter} of this home, and a bundle has no adapters.`,
    'Run this study here, or leave out init_adapter.',
  );
}

async function requireUnused(folder: string): Promise<void> {
  const there = await readdir(folder).catch((thrown: unknown) => {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return [];
    throw new StudioError('invalid_input', `${folder} is not a folder.`, 'Choose another path for the bundle.');
  });
  if (there.length > 0)
    throw new StudioError('refused', `${folder} already exists and is not empty.`, 'Choose another folder.');
}

async function requireSpace(folder: string, blobs: readonly BundledFile[], shared: string | undefined): Promise<void> {
  const isThere = (hash: string) => shared !== undefined && existsSync(join(shared, bundleNames.blobs, hash));
  const needed = blobs.reduce((sum, { sha256, bytes }) => sum + (isThere(sha256) ? 0 : bytes), 0);
  let parent = dirname(folder);
  while (!existsSync(parent)) parent = dirname(parent);
  const free = await freeDiskBytes(parent);
  if (needed <= free) return;
  throw new StudioError(
    'disk_full',
    `The bundle needs ${formatBytes(needed)} at ${folder}, and ${formatBytes(free)} are free there.`,
    'Free some space, or leave bases and datasets where they are: --inputs-in-place.',
  );
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 1)}\n`;
}

/** `job.sh`: one run of the bundle, by its number. A cluster may run a copy of it from elsewhere, so it can be told the bundle. */
const jobScript = `#!/bin/sh
# One run of this bundle: sh job.sh INDEX
# COTO_BUNDLE: the bundle's folder, where this file runs from elsewhere. COTO: the command, by default coto.
set -eu
bundle="\${COTO_BUNDLE:-$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)}"
index="\${1:-\${SLURM_ARRAY_TASK_ID:?give the number of the run}}"
exec "\${COTO:-coto}" job "$bundle" "$index"
`;
