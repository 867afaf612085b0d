import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { WeightFormat } from '../../../../src-shared/domain/models/hub.ts';
import { formatBytes } from '../../../../src-shared/format/bytes.ts';

/** A file to download and its expected hash. */
export interface RemoteFile {
  readonly name: string;
  readonly bytes: number;
  /** SHA-256 for large files, the git blob id (SHA-1 with a header) for small ones. */
  readonly hash: { readonly kind: 'sha256' | 'git-blob'; readonly hex: string };
}

export interface NeededFiles {
  readonly files: readonly RemoteFile[];
  /** Type of the GGUF file that was chosen; null: safetensors. */
  readonly quantization: string | null;
  readonly formats: readonly WeightFormat[];
}

export const hex = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`));

export const siblingSchema = z.object({
  rfilename: z.string(),
  size: z.number().int().min(0).optional(),
  blobId: z.string().optional(),
  lfs: z.object({ sha256: hex(64), size: z.number().int().min(0) }).nullish(),
});
type Sibling = z.infer<typeof siblingSchema>;

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
  // sentence-transformers' files, which say how vectors are made of states.
  'modules.json',
  'sentence_bert_config.json',
]);
/** Configs and weights of sentence-transformers' modules, e.g. 1_Pooling/config.json. */
const moduleFile = /^\d+_\w+\/(?:config\.json|model\.safetensors)$/;
const indexName = 'model.safetensors.index.json';
/** The one that llama.cpp and Ollama take when none is named. */
const usualQuantization = 'Q4_K_M';

/**
 * Chooses a model's files that the studio needs: config, tokenizer and safetensors, or one GGUF file, which has all of
 * them; never pickled weights.
 * @param quantization type of the GGUF file, in any case; null: safetensors, or the usual type where there are none.
 * @throws StudioError naming what the model lacks, with the types that it has.
 */
export function neededFiles(siblings: readonly Sibling[], what: string, quantization: string | null): NeededFiles {
  const names = new Set(siblings.map(({ rfilename }) => rfilename));
  const isWeights = names.has('model.safetensors')
    ? (name: string) => name === 'model.safetensors'
    : (name: string) => name === indexName || /^model-\d+-of-\d+\.safetensors$/.test(name);
  const tensors = siblings.filter(({ rfilename }) => isWeights(rfilename) && rfilename !== indexName);
  const hasTensors = names.has('config.json') && tensors.length > 0;
  const ggufs = siblings.flatMap((sibling) => {
    const type = quantizationOf(sibling.rfilename);
    return type === null ? [] : [{ type, sibling, bytes: bytesOf(sibling) }];
  });
  const formats: WeightFormat[] = [
    ...(hasTensors ? [{ quantization: null, bytes: tensors.reduce((sum, sibling) => sum + bytesOf(sibling), 0) }] : []),
    ...ggufs.map(({ type, bytes }) => ({ quantization: type, bytes })).sort((one, other) => one.bytes - other.bytes),
  ];
  if (quantization === null && hasTensors) {
    const isTokenizer = (name: string) => name === 'tekken.json' && !names.has('tokenizer.json');
    const files = siblings.filter(
      ({ rfilename }) =>
        smallFiles.has(rfilename) ||
        isTokenizer(rfilename) ||
        isWeights(rfilename) ||
        (names.has('modules.json') && moduleFile.test(rfilename)),
    );
    return { files: files.map((sibling) => remoteFile(sibling, what)), quantization: null, formats };
  }
  if (ggufs.length === 0 && quantization === null) throw hasNoWeights(names, what);
  const asked = quantization?.toUpperCase();
  const chosen = ggufs.find(({ type }) => type === (asked ?? usualQuantization)) ?? (asked ? undefined : ggufs[0]);
  if (chosen === undefined) throw hasNoSuchType(siblings, what, quantization ?? '', formats);
  return { files: [remoteFile(chosen.sibling, what)], quantization: chosen.type, formats };
}

/**
 * The type of a GGUF file's weights by its name (model-Q4_K_M.gguf), as they are named everywhere; null of other files, of
 * those in subfolders, and of projectors of images.
 */
export function quantizationOf(name: string): string | null {
  if (/^mmproj|[/\\]/i.test(name)) return null;
  return /(?:^|[-._])(I?Q\d(?:_[0-9A-Z]+)*|B?F16|F32)\.gguf$/i.exec(name)?.[1]?.toUpperCase() ?? null;
}

function hasNoWeights(names: ReadonlySet<string>, what: string): StudioError {
  return new StudioError(
    'refused',
    `${what} has no ${names.has('config.json') ? 'model.safetensors' : 'config.json'}, so it cannot be a base.`,
    names.has('pytorch_model.bin')
      ? 'Its weights are in pytorch_model.bin, which can run code when opened: convert it to safetensors first.'
      : 'Choose a model in transformers’ format with safetensors, or one with GGUF files.',
  );
}

function hasNoSuchType(
  siblings: readonly Sibling[],
  what: string,
  quantization: string,
  formats: readonly WeightFormat[],
): StudioError {
  const part = new RegExp(`[-._]${quantization.replaceAll(/\W/g, '')}-\\d{5}-of-\\d{5}\\.gguf$`, 'i');
  if (siblings.some(({ rfilename }) => part.test(rfilename)))
    return new StudioError(
      'refused',
      `${what} has ${quantization} only in several files, which the studio does not read.`,
      'Join them with llama-gguf-split --merge and add the result, or choose another type.',
    );
  const types = formats.map((format) => `${format.quantization ?? 'safetensors'} (${formatBytes(format.bytes)})`);
  return new StudioError(
    'not_found',
    `${what} has no GGUF file in ${quantization}.`,
    types.length === 0 ? 'It has no GGUF files.' : `It has ${types.join(', ')}.`,
  );
}

function bytesOf({ size, lfs }: Sibling): number {
  return lfs?.size ?? size ?? 0;
}

function remoteFile({ rfilename, size, blobId, lfs }: Sibling, what: string): RemoteFile {
  if (lfs) return { name: rfilename, bytes: lfs.size, hash: { kind: 'sha256', hex: lfs.sha256 } };
  if (size === undefined || !hex(40).safeParse(blobId).success || blobId === undefined)
    throw new StudioError('invalid_file', `The hub gives no size and hash for ${rfilename} of ${what}.`);
  return { name: rfilename, bytes: size, hash: { kind: 'git-blob', hex: blobId } };
}
