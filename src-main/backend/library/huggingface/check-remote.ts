import { mkdir, open, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { preprocessorFile } from '../../../engine/api/data.ts';
import { headerLength } from '../../../engine/api/tensors.ts';
import { temporaryName } from '../../../files/atomic.ts';
import { requireDiskSpace } from '../../../files/disk-space.ts';
import { fileLimits } from '../../../files/foreign-file.ts';
import type { Services } from '../../services/services.ts';
import { addressOf, type Endpoint } from './endpoint.ts';
import { fetchFile, fetchRange } from './fetch-file.ts';
import type { RemoteFile } from './needed-files.ts';
import type { Repository } from './repository.ts';

type Parts = Pick<Services, 'home' | 'reader'>;

const indexName = 'model.safetensors.index.json';
/** Connections to the hub at a time: models may have hundreds of weight files. */
const headersAtOnce = 8;

/** First bytes of a GGUF file that are fetched; each further part is four times as long. */
const firstGgufBytes = 2 ** 18;
/** A header that is longer is checked by the conversion. */
const maxGgufBytes = 2 ** 26;

/** A model of the hub whose weights are about to be fetched. */
export interface RemoteModel {
  readonly endpoint: Endpoint;
  readonly repository: Repository;
  readonly signal: AbortSignal;
}

/** A folder with the config of a model of the hub, and the description by its headers. */
export interface DescribedModel {
  readonly path: string;
  readonly description: ModelDescription;
}

/**
 * Refuses an unsupported model of the hub before its weights are fetched, in the sentence by which a local
 * folder would be refused: by config.json, the headers of its safetensors files, or the start of its GGUF file.
 * @param onDescribed called with a model that is not refused, while the folder is there
 */
export async function checkRemote(
  { home, reader }: Parts,
  model: RemoteModel,
  onDescribed?: (model: DescribedModel) => Promise<void>,
): Promise<void> {
  // The next opening of the home removes this folder if the process is killed.
  const scratch = temporaryName(home.absolute('hub'));
  await mkdir(scratch, { mode: 0o700 });
  try {
    const isGguf = model.repository.quantization !== null;
    const description = isGguf
      ? await checkGguf({ home, reader }, model, scratch)
      : await checkFolder(reader, model, scratch);
    if (description !== null) await onDescribed?.({ path: scratch, description });
  } catch (error) {
    if (!(error instanceof StudioError)) throw error;
    // The model's files are not local, so they are named as the hub names them.
    const message = error.message.replaceAll(scratch, model.repository.id);
    throw error.withMessage(message);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function checkFolder(
  reader: Parts['reader'],
  model: RemoteModel,
  folder: string,
): Promise<ModelDescription | null> {
  const { repository, signal } = model;
  const fetched = async (name: string, limit: number): Promise<void> => {
    const file = repository.files.find((candidate) => candidate.name === name);
    if (file === undefined) return;
    if (file.bytes > limit)
      throw new StudioError(
        'invalid_file',
        `${join(folder, name)} has ${file.bytes} bytes; at most ${limit} are read.`,
      );
    const options = { signal, onBytes: () => undefined };
    await fetchFile(model.endpoint, addressIn(model, file), file, join(folder, name), options);
  };
  await fetched('config.json', fileLimits.config);
  await reader.read('checkModelHead', { folder, wholeBytes: {} }, { signal });
  await fetched(indexName, fileLimits.index);
  const weights = repository.files.filter(({ name }) => /^[^/]+\.safetensors$/.test(name));
  for (let start = 0; start < weights.length; start += headersAtOnce)
    await Promise.all(
      weights.slice(start, start + headersAtOnce).map((file) => fetchHeader(model, file, join(folder, file.name))),
    );
  const wholeBytes = Object.fromEntries(weights.map(({ name, bytes }) => [name, bytes]));
  // Models that fit images of every size run at the size of their preprocessing.
  await fetched(preprocessorFile, fileLimits.config);
  return (await reader.read('checkModelHead', { folder, wholeBytes }, { signal })).description;
}

/** Writes the header of a safetensors file, and none of its values. */
async function fetchHeader(model: RemoteModel, file: RemoteFile, target: string): Promise<void> {
  const range = (from: number, to: number) =>
    fetchRange(model.endpoint, addressIn(model, file), file, {
      from,
      to: Math.min(to, file.bytes),
      signal: model.signal,
    });
  const prefix = await range(0, 8);
  const length = headerLength(target, prefix, file.bytes);
  await writeFile(target, Buffer.concat([prefix, await range(8, 8 + length)]), { flag: 'wx' });
}

/** Describes the model that a GGUF file converts to; null if its header is too long to be looked at. */
async function checkGguf(
  { home, reader }: Parts,
  model: RemoteModel,
  folder: string,
): Promise<ModelDescription | null> {
  const bytes = await fetchGgufHead(reader, model, folder);
  if (bytes === null) return null;
  await requireDiskSpace(home.absolute('models'), bytes);
  const wholeBytes = { 'model.safetensors': bytes };
  return (await reader.read('checkModelHead', { folder, wholeBytes }, { signal: model.signal })).description;
}

/**
 * Fetches as much of a GGUF file as its header needs, and writes the heads of its model into the folder.
 * @returns bytes of the converted weights; null if that is not known
 */
async function fetchGgufHead(reader: Parts['reader'], model: RemoteModel, folder: string): Promise<number | null> {
  const [file] = model.repository.files;
  if (file === undefined) return null;
  const { signal } = model;
  const target = join(folder, basename(file.name));
  const handle = await open(target, 'wx');
  try {
    for (let from = 0, to = firstGgufBytes; ; from = to, to *= 4) {
      const end = Math.min(to, file.bytes);
      const address = addressIn(model, file);
      await handle.writeFile(await fetchRange(model.endpoint, address, file, { from, to: end, signal }));
      const head = { file: target, wholeBytes: file.bytes, folder };
      const { convertedBytes } = await reader.read('checkGgufHead', head, { signal });
      if (convertedBytes !== null) return convertedBytes;
      if (end === file.bytes || to >= maxGgufBytes) return null;
    }
  } finally {
    await handle.close();
  }
}

function addressIn({ endpoint, repository: { id, commit } }: RemoteModel, { name }: RemoteFile): URL {
  return addressOf(endpoint, `${id}/resolve/${commit}/${name}`);
}
