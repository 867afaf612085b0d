import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { addressOf, type Endpoint, reach } from './endpoint.ts';
import { hex, type NeededFiles, neededFiles, siblingSchema } from './needed-files.ts';

export interface Repository extends NeededFiles {
  /** org/name */
  readonly id: string;
  readonly revision: string;
  /** The commit that the revision resolves to, 40 hexadecimal digits. */
  readonly commit: string;
}

const infoSchema = z.object({ sha: hex(40), siblings: z.array(siblingSchema) });
const maxInfoBytes = 64 << 20;

/** Returns true if `id` is a valid model name on the hub: org/name, or a legacy bare name. */
export function isRepositoryId(id: string): boolean {
  return id.length <= 200 && /^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*)?$/.test(id) && !/\.\.|--|\.git$/.test(id);
}

/** A model of the hub, as it was asked for. */
export interface AskedModel {
  /** org/name, or org/name:TYPE for a GGUF file of that type, as Ollama and llama.cpp write it; or the page's address. */
  readonly repository: string;
  readonly revision: string;
  readonly quantization: string | null;
}

/**
 * Lists a model's files on the hub and selects those that the studio needs.
 * @throws StudioError naming a model that does not exist, is not accessible, or has no weights that the studio reads.
 */
export async function lookUpRepository(
  endpoint: Endpoint,
  asked: AskedModel,
  signal: AbortSignal,
): Promise<Repository> {
  const { id, revision, quantization } = spelledOut(asked);
  if (!isRepositoryId(id))
    throw new StudioError('invalid_input', `"${id}" is not the name of a model on the hub.`, 'Write it as org/name.');
  if (!/^[\w][\w./-]*$/.test(revision) || revision.includes('..'))
    throw new StudioError('invalid_input', `"${revision}" is not a revision.`, 'Give a branch, a tag or a commit.');
  const address = addressOf(endpoint, `api/models/${id}/revision`);
  address.pathname += `/${encodeURIComponent(revision)}`;
  address.searchParams.set('blobs', 'true');
  const what = `the model ${id}${revision === 'main' ? '' : ` at ${revision}`}`;
  const response = await reach(endpoint, address, { what, signal });
  const info = infoSchema.safeParse(await limitedJson(response));
  if (!info.success)
    throw new StudioError('invalid_file', `${address.host} returned an unexpected description of ${what}.`);
  return { id, revision, commit: info.data.sha, ...neededFiles(info.data.siblings, what, quantization) };
}

function spelledOut({ repository, revision, quantization }: AskedModel) {
  const written = repository.trim().replace(/^(?:https:\/\/)?(?:huggingface\.co|hf\.co)\//, '');
  const [, id = written, type = null] = /^(.*):([\w-]+)$/.exec(written) ?? [];
  return { id, revision, quantization: quantization ?? type };
}

async function limitedJson(response: Response): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > maxInfoBytes) return null;
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return null;
  }
}
