import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, link, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { DatasetRecord } from '../../../src-shared/domain/data/dataset.ts';
import type { ModelRecord } from '../../../src-shared/domain/models/model.ts';
import type { BundleInput } from '../../../src-shared/domain/targets/bundle.ts';
import { fileHash } from '../../files/file-hash.ts';
import { addDataset } from '../library/datasets/datasets.ts';
import { addModel } from '../library/models/models.ts';
import type { Services } from '../services/services.ts';
import { bundleNames } from './bundle-files.ts';
import { describeDatasetInput } from './describe-inputs.ts';

type Parts = Pick<Services, 'store' | 'hub' | 'reader'>;

/** The base of a run on this machine. @throws StudioError naming what is missing or changed */
export async function openModelInput(parts: Parts, folder: string, input: BundleInput): Promise<ModelRecord> {
  const known = parts.store.models.find(input.id);
  if (known?.bundled) {
    if (known.description.fingerprint === input.fingerprint) return known;
    throw otherVersion(input);
  }
  if (input.place.kind === 'bundled') throw otherVersion(input);
  const place = await placeOf(folder, input);
  // The fingerprint below holds config and weights to what they were.
  const rest = input.files.filter(({ path }) => !path.endsWith('.safetensors'));
  await requireFiles(input, place, rest);
  const model = await addModel(parts, join(place.folder, input.main), { name: input.name, id: input.id });
  if (model.description.fingerprint === input.fingerprint) return model;
  throw changed(input, join(place.folder, input.main));
}

/** The dataset of a run on this machine. @throws StudioError naming what is missing or changed */
export async function openDatasetInput(parts: Parts, folder: string, input: BundleInput): Promise<DatasetRecord> {
  const known = parts.store.datasets.find(input.id);
  if (known?.bundled) {
    if ((await describeDatasetInput(known, false, {})).input.sha256 === input.sha256) return known;
    throw otherVersion(input);
  }
  if (input.place.kind === 'bundled') throw otherVersion(input);
  const place = await placeOf(folder, input);
  await requireFiles(input, place, input.files);
  const { options = {}, testFile = null } = input.source ?? {};
  const own = testFile === null ? options : { ...options, test_file: pathIn(place, input, testFile) };
  // Its questions were answered where it was added.
  return addDataset(parts, join(place.folder, input.main), input.name, own, { id: input.id, isAnswered: true });
}

interface Place {
  readonly folder: string;
  readonly testFolder: string | null;
}

/** Returns the location of an input's files. */
async function placeOf(folder: string, input: BundleInput): Promise<Place> {
  if (input.place.kind === 'in-place') return input.place;
  return { folder: await folderOfBlobs(folder, input), testFolder: null };
}

function pathIn({ folder, testFolder }: Place, { main }: BundleInput, path: string): string {
  const isTest = testFolder !== null && path !== main && !path.startsWith(`${main}/`);
  return isTest ? join(testFolder, path.slice('test/'.length)) : join(folder, path);
}

async function requireFiles(input: BundleInput, place: Place, read: BundleInput['files']): Promise<void> {
  for (const { path, bytes } of input.files) {
    const file = pathIn(place, input, path);
    const found = await stat(file).catch(() => null);
    if (found === null) throw missing(input, file);
    if (found.size !== bytes) throw changed(input, file);
  }
  for (const { path, sha256 } of read) {
    const file = pathIn(place, input, path);
    if ((await fileHash(file)) !== sha256) throw changed(input, file);
  }
}

/**
 * A folder of the bundle in which blobs have their names, made by whoever needs it first: by links, or by copies where the disk
 * has none.
 */
async function folderOfBlobs(bundle: string, input: BundleInput): Promise<string> {
  const folder = join(bundle, bundleNames.folders, `${input.role}-${input.sha256.slice(0, 32)}`);
  if (existsSync(folder)) return folder;
  const temporary = `${folder}.tmp-${randomUUID()}`;
  try {
    for (const { path, sha256 } of input.files) {
      const blob = join(bundle, bundleNames.blobs, sha256);
      if (!existsSync(blob)) throw missing(input, blob);
      const to = join(temporary, path);
      await mkdir(dirname(to), { recursive: true });
      await link(blob, to).catch(() => copyFile(blob, to));
    }
    await rename(temporary, folder);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

const names = { model: 'base', dataset: 'dataset' } as const;

function missing({ role, name }: BundleInput, file: string): StudioError {
  return new StudioError(
    'not_found',
    `The ${names[role]} "${name}" is not on this machine: there is no ${file}.`,
    'Copy the whole bundle, or mount the shared disk at the same path.',
  );
}

function changed({ role, name }: BundleInput, file: string): StudioError {
  return new StudioError(
    'invalid_file',
    `The ${names[role]} "${name}" is not what the bundle was written with: ${file} has changed (SHA-256).`,
    'Put the file back, or write the bundle again: coto study bundle.',
  );
}

function otherVersion({ role, name }: BundleInput): StudioError {
  return new StudioError(
    'refused',
    `The ${names[role]} "${name}" comes with CoTo Studio, and is another one here.`,
    'Install the version of CoTo Studio that wrote the bundle.',
  );
}
