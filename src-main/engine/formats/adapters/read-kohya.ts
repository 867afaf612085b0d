import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { adapterConfigSchema } from '../../../../src-shared/domain/adapters/adapter.ts';
import type { ForeignBase } from '../../../../src-shared/domain/models/model.ts';
import { adapterVariant } from '../../adapters/variants/index.ts';
import { elementCount, type HostTensor } from '../../tensors/host-tensor.ts';
import { openSafetensors, type SafetensorsFile } from '../../tensors/safetensors.ts';
import { shortest } from '../gguf/architectures/shortest.ts';
import {
  asMatrix,
  type CollectedModule,
  collectModules,
  finite,
  fitsParts,
  incompleteHint,
  linearOf,
} from './collect-modules.ts';
import { flatName, lycorisName, pointedName } from './flat-names.ts';
import { foreignKinds } from './foreign-updates.ts';
import type { AdapterSource, KnownBase, ReadAdapter, ReadOptions } from './format.ts';
import { alphasKey, isHeldKind, type KohyaKey, kindOfParts, namesKey, parseKohyaKey } from './kohya-keys.ts';
import { type NamedModule, readForeign } from './read-foreign.ts';

/** Ends of tensors that are known and read by no kind here. */
const unreadEnds: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/\.[wb]_norm$/, 'the scales of normalizations (train_norm), which no adapter of the studio changes'],
  [/\.bm\.weight$/, 'a GLoRA of convolutions by Tucker'],
  [/\.oft_diag$/, 'an OFT of the first versions of LyCORIS'],
  [/\.(set_weight|reshape_weight)$/, "ComfyUI's patches of whole tensors"],
];

interface OpenModule {
  product: KohyaKey['product'];
  /** Names of the tensors by part. */
  readonly parts: Map<string, string>;
}

/** @throws StudioError invalid_file or refused, naming the file and the tensor. */
export async function readKohya(
  { path }: AdapterSource,
  bases: readonly KnownBase[],
  options?: ReadOptions,
): Promise<ReadAdapter> {
  const file = await openSafetensors(path);
  try {
    const modules = new Map<string, OpenModule>();
    for (const name of file.names) {
      const found = parseKohyaKey(xlabsAsKohya(name) ?? name);
      if (found === null) throw strangeKey(path, name);
      const module = modules.get(found.flat) ?? { product: null, parts: new Map<string, string>() };
      modules.set(found.flat, module);
      module.product = found.product ?? module.product;
      module.parts.set(found.part, name);
    }
    const { names, base } = exactNames(file, [...modules.keys()], bases);
    const open = { file, foreign: foreignOf(file.metadata), base };
    const named = [...modules].map(
      ([flat, { product, parts }]): NamedModule => ({
        flat,
        name: pointedName(flat, names),
        kind: kindOfParts(parts, product),
        parts,
      }),
    );
    const kinds = new Set(named.map(({ kind }) => kind));
    const [kind = 'lora'] = kinds;
    if (kinds.size > 1 || !isHeldKind(kind) || named.some((module) => needsConversion(file, module)))
      return await readForeign(open, named, options);
    const alphas = recordOf(file, alphasKey, z.number());
    const collected: CollectedModule[] = [];
    for (const { flat, name, parts } of named) collected.push(await readModule(file, flat, name, parts, alphas[flat]));
    const own = kind === 'lokr' ? lokrKeys(path, collected) : {};
    // PEFT makes other factors of such sizes: their product becomes LoRA.
    if (own === null) return await readForeign(open, named, options);
    return collectModules(path, kind, collected, open.foreign, own);
  } finally {
    await file.close();
  }
}

/** Returns true for a bias beside the factors, and for a DoRA with lengths of the inputs (older LyCORIS). */
function needsConversion(file: SafetensorsFile, { parts }: NamedModule): boolean {
  const magnitude = parts.get('magnitude');
  const shape = magnitude === undefined ? [] : file.info(magnitude).shape;
  return parts.has('bias') || (shape.length > 1 && shape[0] !== elementCount(shape));
}

const xlabsKey =
  /^(?:diffusion_model\.)?(double|single)_blocks\.(\d+)\.processor\.(qkv|proj)_lora([12])?\.(down|up)\.weight$/;

/** kohya's key of a tensor of XLabs' Flux LoRAs; null for another. Source: diffusers' _convert_xlabs_flux_lora_to_diffusers (0.42). */
function xlabsAsKohya(name: string): string | null {
  const [, blocks, index, part, stream, end] = xlabsKey.exec(name) ?? [];
  if (end === undefined) return null;
  const module =
    blocks === 'double' ? `${stream === '2' ? 'txt' : 'img'}_attn_${part}` : part === 'qkv' ? 'linear1' : 'linear2';
  return `lora_unet_${blocks}_blocks_${index}_${module}.lora_${end}.weight`;
}

async function readModule(
  file: SafetensorsFile,
  flat: string,
  name: string,
  parts: ReadonlyMap<string, string>,
  wholeAlpha: number | undefined,
): Promise<CollectedModule> {
  const tensors = new Map<string, HostTensor>();
  let kernel: readonly number[] | undefined;
  let alpha: number | null = null;
  for (const [part, stored] of parts) {
    const tensor = finite(file.path, stored, await file.read(stored));
    if (part === 'alpha') alpha = alphaNumber(file.path, stored, tensor, wholeAlpha);
    else if (part === 'magnitude') tensors.set(part, { shape: [tensor.data.length], data: tensor.data });
    else {
      if (part === 'a' && tensor.shape.length > 2) kernel = tensor.shape.slice(1);
      tensors.set(part, asMatrix(tensor));
    }
  }
  const [up, stored] = [tensors.get('b'), parts.get('b') ?? ''];
  // XLabs adapts queries, keys and values alone, the first rows of a linear that makes four times as many values beside them.
  if (up && xlabsKey.test(stored) && flat.endsWith('_linear1')) tensors.set('b', withRows(up, 7 / 3));
  const mid = tensors.get('mid');
  if (mid) kernel = mergeMiddle(file.path, flat, tensors, mid, kernel);
  const inner = (tensors.get('a') ?? tensors.get('w1_b') ?? tensors.get('w2_b'))?.shape[0];
  const full = fullRank(tensors);
  const rank = inner ?? full;
  if (!rank) throw new StudioError('invalid_file', `${file.path}: ${flat} has no lora_down.weight.`, incompleteHint);
  // LyCORIS and ComfyUI ignore alpha where both factors of LoKr are whole.
  const scaling = alpha === null || inner === undefined ? 1 : alpha / rank;
  return { name, kind: 'linear', tensors, rank, scaling, ...(kernel ? { kernel } : {}) };
}

/** The rank from which on PEFT too keeps both factors of a LoKr whole. */
function fullRank(tensors: ReadonlyMap<string, HostTensor>): number | undefined {
  const [w1, w2] = [tensors.get('w1'), tensors.get('w2')];
  return w1 && w2 ? Math.max(...w1.shape, ...w2.shape) : undefined;
}

/**
 * Puts the middle [rank, rank, window…] of a LoCon into its A [rank, channels · window].
 * @returns the kernel of the convolution.
 */
function mergeMiddle(
  path: string,
  flat: string,
  tensors: Map<string, HostTensor>,
  mid: HostTensor,
  kernel: readonly number[] | undefined,
): readonly number[] {
  const a = tensors.get('a');
  const [rank = 0, channels = 0] = a?.shape ?? [];
  const window = mid.shape[1] === undefined || rank === 0 ? 0 : mid.shape[1] / rank;
  const side = Math.sqrt(window);
  if (!a || mid.shape[0] !== rank || !Number.isInteger(side) || kernel?.slice(1).some((size) => size !== 1))
    throw new StudioError(
      'invalid_file',
      `${path}: the lora_mid.weight of ${flat} does not fit its factors.`,
      incompleteHint,
    );
  const data = new Float32Array(rank * channels * window);
  for (let row = 0; row < rank; row++)
    for (let inner = 0; inner < rank; inner++)
      for (let channel = 0; channel < channels; channel++) {
        const factor = a.data[inner * channels + channel] ?? 0;
        const [from, to] = [(row * rank + inner) * window, (row * channels + channel) * window];
        for (let at = 0; at < window; at++) data[to + at] = (data[to + at] ?? 0) + factor * (mid.data[from + at] ?? 0);
      }
  tensors.set('a', { shape: [rank, channels * window], data });
  tensors.delete('mid');
  return [channels, side, side];
}

/** A matrix with rows of zeros below it. */
function withRows({ shape, data }: HostTensor, factor: number): HostTensor {
  const [rows = 0, columns = 0] = shape;
  const wide = new Float32Array(Math.round(rows * factor) * columns);
  wide.set(data);
  return { shape: [wide.length / columns, columns], data: wide };
}

/** The keys of PEFT's LoKrConfig from which it makes factors of these sizes; null where none does. */
function lokrKeys(path: string, modules: readonly CollectedModule[]): Record<string, unknown> | null {
  const decompose_both = modules.some(({ tensors }) => tensors.has('w1_a'));
  const lokr = adapterVariant('lokr');
  const factors = [-1, ...Array.from({ length: 128 }, (_, index) => index + 1)];
  const linears = modules.map((module) => ({ module, linear: linearOf(path, lokr, module) }));
  const found = factors.find((decompose_factor) => {
    const parameters = lokr.files.fromConfig(adapterConfigSchema.parse({ decompose_both, decompose_factor }));
    return linears.every(({ module, linear }) =>
      fitsParts(module, lokr.parts(linear, { rank: module.rank, parameters })),
    );
  });
  return found === undefined ? null : { decompose_both, decompose_factor: found };
}

function alphaNumber(path: string, stored: string, { data }: HostTensor, whole: number | undefined): number {
  const [value] = data;
  if (data.length !== 1 || value === undefined || !(value > 0))
    throw new StudioError('invalid_file', `${path}: ${stored} is not one positive number.`, incompleteHint);
  const float = Math.fround(value);
  return whole !== undefined && Math.fround(whole) === float ? whole : shortest(float);
}

function strangeKey(path: string, name: string): StudioError {
  const [, what] = unreadEnds.find(([pattern]) => pattern.test(name)) ?? [];
  return what === undefined
    ? new StudioError(
        'invalid_file',
        `${path}: ${name} is no tensor of a kind of adapter that is known.`,
        `Read are LoRA, LoCon, DoRA and, of LyCORIS, ${Object.values(foreignKinds)
          .map(({ label }) => label)
          .join(', ')}. Resize it to plain LoRA with the program that made it.`,
      )
    : new StudioError(
        'refused',
        `${path} contains ${name}: ${what}.`,
        'The file is complete, but such tensors are not supported. Train without them, or merge it with the program that made it.',
      );
}

/** A JSON record in the file's metadata, which the studio wrote; empty where there is none. */
function recordOf<Value extends z.ZodType>(
  { metadata }: SafetensorsFile,
  field: string,
  value: Value,
): Record<string, z.output<Value>> {
  try {
    return z.record(z.string(), value).parse(JSON.parse(metadata.get(field) ?? '{}'));
  } catch {
    // Metadata are hints: a file without them is read as well.
    return {};
  }
}

/** Names by their flat forms: of the first base that has them all, then those that the file's metadata give. */
function exactNames(
  file: SafetensorsFile,
  flat: readonly string[],
  bases: readonly KnownBase[],
): { readonly names: ReadonlyMap<string, string>; readonly base: KnownBase | null } {
  for (const base of bases) {
    const names = new Map(
      base.description.linears.flatMap(({ name }) =>
        [flatName(name, true), flatName(name, false), lycorisName(name)].map((form) => [form, name] as const),
      ),
    );
    if (flat.every((name) => names.has(name))) return { names, base };
  }
  return { names: new Map(Object.entries(recordOf(file, namesKey, z.string()))), base: null };
}

function foreignOf(metadata: ReadonlyMap<string, string>): ForeignBase {
  const first = (...fields: string[]) => fields.map((field) => metadata.get(field)).find((text) => text) ?? null;
  return {
    name: first('ss_sd_model_name', 'modelspec.title'),
    hash: first('ss_new_sd_model_hash', 'ss_sd_model_hash'),
    architecture: first('ss_base_model_version', 'modelspec.architecture'),
  };
}
