import { basename, dirname } from 'node:path';
import type { DatasetRecord } from '../../../src-shared/domain/data/dataset.ts';
import type { ModelRecord } from '../../../src-shared/domain/models/model.ts';
import type { BundleInput, HashedFile } from '../../../src-shared/domain/targets/bundle.ts';
import { datasetFiles, testFileOf } from '../../engine/api/data.ts';
import { fileHash } from '../../files/file-hash.ts';
import { type FoundFile, filesAt, hashOfAll } from '../../files/input-files.ts';

/** Weights in formats that no training reads. */
const otherWeights = /\.(bin|pt|pth|h5|msgpack|onnx|ot|tflite|gguf)$/i;

/** An input as it is on this machine. */
export interface LocalInput {
  readonly input: BundleInput;
  readonly files: readonly FoundFile[];
}

export interface HashWatch {
  readonly signal?: AbortSignal;
  /** Called with the bytes hashed since the last call. */
  readonly onBytes?: (bytes: number) => void;
}

/** The files of a base: config, tokenizer and safetensors. */
export function modelFiles({ path }: Pick<ModelRecord, 'path'>): Promise<FoundFile[]> {
  // Folders below contain weights for other programs.
  return filesAt(path, basename(path), (file) => !file.includes('/') && !otherWeights.test(file));
}

/** @param place whether it stays where it is, and whether one that comes with the app is copied as well */
export async function describeModelInput(
  model: ModelRecord,
  place: { readonly inPlace: boolean; readonly withBundled: boolean },
  watch: HashWatch,
): Promise<LocalInput> {
  const files = await modelFiles(model);
  const hashed = await hashAll(files, watch);
  return {
    files,
    input: {
      ...sumOf(hashed, basename(model.path)),
      role: 'model',
      id: model.id,
      name: model.name,
      fingerprint: model.description.fingerprint,
      source: null,
      main: basename(model.path),
      place: placeOf(model.bundled && !place.withBundled, place.inPlace && !model.bundled, model.path, null),
    },
  };
}

export async function describeDatasetInput(
  dataset: DatasetRecord,
  inPlace: boolean,
  watch: HashWatch,
): Promise<LocalInput> {
  const { path, reader, options } = dataset.source;
  const files = await datasetFiles(dataset.source);
  const hashed = await hashAll(files, watch);
  const testFile = testFileOf(options);
  return {
    files,
    input: {
      ...sumOf(hashed, basename(path)),
      role: 'dataset',
      id: dataset.id,
      name: dataset.name,
      fingerprint: null,
      source: { reader, options, testFile: testFile === null ? null : `test/${basename(testFile)}` },
      main: basename(path),
      place: placeOf(dataset.bundled, inPlace, path, testFile),
    },
  };
}

/** Hashes files one after the other. @throws the reason of `signal` */
export async function hashAll(files: readonly FoundFile[], { signal, onBytes }: HashWatch = {}): Promise<HashedFile[]> {
  const hashed: HashedFile[] = [];
  for (const { from, path, bytes } of files) {
    const sha256 = await fileHash(from, (piece) => {
      signal?.throwIfAborted();
      onBytes?.(piece);
    });
    hashed.push({ path, sha256, bytes });
  }
  return hashed;
}

function sumOf(files: HashedFile[], main: string): Pick<BundleInput, 'sha256' | 'bytes' | 'files'> {
  return { sha256: hashOfAll(files, main), bytes: files.reduce((sum, { bytes }) => sum + bytes, 0), files };
}

function placeOf(bundled: boolean, inPlace: boolean, path: string, testFile: string | null): BundleInput['place'] {
  if (bundled) return { kind: 'bundled' };
  if (!inPlace) return { kind: 'blobs' };
  return { kind: 'in-place', folder: dirname(path), testFolder: testFile === null ? null : dirname(testFile) };
}
