import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { addressOf, type Endpoint, reach } from './endpoint.ts';

/** A file to download and its expected hash. */
export interface RemoteFile {
  readonly name: string;
  readonly bytes: number;
  /** SHA-256 for large files, the git blob id (SHA-1 with a header) for small ones. */
  readonly hash: { readonly kind: 'sha256' | 'git-blob'; readonly hex: string };
}

export interface Repository {
  /** org/name */
  readonly id: string;
  readonly revision: string;
  /** The commit that the revision resolves to, 40 hexadecimal digits. */
  readonly commit: string;
  readonly files: readonly RemoteFile[];
}

const hex = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`));
const infoSchema = z.object({
  sha: hex(40),
  siblings: z.array(
    z.object({
      rfilename: z.string(),
      size: z.number().int().min(0).optional(),
      blobId: z.string().optional(),
      lfs: z.object({ sha256: hex(64), size: z.number().int().min(0) }).nullish(),
    }),
  ),
});

/** Files of a base model besides the weights. */
const smallFiles: ReadonlySet<string> = new Set([
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'tokenizer.model',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
  'vocab.txt',
  'spiece.model',
  'spm.model',
  'sentencepiece.bpe.model',
  'chat_template.jinja',
  'chat_template.json',
  'preprocessor_config.json',
]);
const indexName = 'model.safetensors.index.json';
const mostInfoBytes = 64 << 20;

/** Whether `id` is a valid model name on the hub: org/name, or a legacy bare name. */
export function isRepositoryId(id: string): boolean {
  return id.length <= 200 && /^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*)?$/.test(id) && !/\.\.|--|\.git$/.test(id);
}

/**
 * Lists a model's files on the hub and selects those that the studio needs: config, tokenizer, safetensors; never
 * pickled weights.
 * @throws StudioError naming a model that does not exist, is not accessible, or has no safetensors.
 */
export async function lookUpRepository(
  endpoint: Endpoint,
  id: string,
  revision: string,
  signal: AbortSignal,
): Promise<Repository> {
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
  return { id, revision, commit: info.data.sha, files: neededFiles(info.data, what) };
}

function neededFiles({ siblings }: z.infer<typeof infoSchema>, what: string): RemoteFile[] {
  const names = new Set(siblings.map(({ rfilename }) => rfilename));
  const isWeights = names.has('model.safetensors')
    ? (name: string) => name === 'model.safetensors'
    : (name: string) => name === indexName || /^model-\d+-of-\d+\.safetensors$/.test(name);
  if (!names.has('config.json') || ![...names].some((name) => isWeights(name) && name !== indexName))
    throw new StudioError(
      'refused',
      `${what} has no ${names.has('config.json') ? 'model.safetensors' : 'config.json'}, so it cannot be a base.`,
      names.has('pytorch_model.bin')
        ? 'Its weights are in pytorch_model.bin, which can run code when opened: convert it to safetensors first.'
        : 'Choose a model in transformers’ format with safetensors.',
    );
  return siblings
    .filter(({ rfilename }) => smallFiles.has(rfilename) || isWeights(rfilename))
    .map((sibling) => remoteFile(sibling, what));
}

function remoteFile(
  { rfilename, size, blobId, lfs }: z.infer<typeof infoSchema>['siblings'][number],
  what: string,
): RemoteFile {
  if (lfs) return { name: rfilename, bytes: lfs.size, hash: { kind: 'sha256', hex: lfs.sha256 } };
  if (size === undefined || !hex(40).safeParse(blobId).success || blobId === undefined)
    throw new StudioError('invalid_file', `The hub gives no size and hash for ${rfilename} of ${what}.`);
  return { name: rfilename, bytes: size, hash: { kind: 'git-blob', hex: blobId } };
}

async function limitedJson(response: Response): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > mostInfoBytes) return null;
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return null;
  }
}
