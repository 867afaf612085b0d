import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { adapterConfigSchema } from '../../../../src-shared/domain/adapters/adapter.ts';
import type { ForeignBase } from '../../../../src-shared/domain/models/model.ts';
import { adapterVariant } from '../../adapters/variants/index.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
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
import { flatName, pointedName } from './flat-names.ts';
import type { AdapterSource, KnownBase, ReadAdapter } from './format.ts';
import { alphasKey, type KohyaKind, namesKey, parseKohyaKey } from './kohya-keys.ts';

const foreignEnds = /\.(hada_t[12]|lokr_t2|oft_\w+|boft_\w+|a1\.weight|diff|diff_b|w_norm|b_norm|glora_\w+)$/;

interface OpenModule {
  kind: KohyaKind;
  /** Names of the tensors by part. */
  readonly parts: Map<string, string>;
}

/** @throws StudioError invalid_file or refused, naming the file and the tensor. */
export async function readKohya({ path }: AdapterSource, bases: readonly KnownBase[]): Promise<ReadAdapter> {
  const file = await openSafetensors(path);
  try {
    const modules = new Map<string, OpenModule>();
    for (const name of file.names) {
      const found = parseKohyaKey(name);
      if (found === null) throw strangeKey(path, name);
      const module = modules.get(found.flat) ?? { kind: 'lora', parts: new Map<string, string>() };
      modules.set(found.flat, module);
      module.kind = found.kind ?? module.kind;
      module.parts.set(found.part, name);
    }
    const kind = kindOf(path, modules);
    const names = exactNames(file, [...modules.keys()], bases);
    const alphas = recordOf(file, alphasKey, z.number());
    const collected: CollectedModule[] = [];
    for (const [flat, { parts }] of modules)
      collected.push(await readModule(file, flat, pointedName(flat, names), parts, alphas[flat]));
    const own = kind === 'lokr' ? lokrKeys(path, collected) : {};
    return collectModules(path, kind, collected, foreignOf(file.metadata), own);
  } finally {
    await file.close();
  }
}

/** The one kind that all modules are of. */
function kindOf(path: string, modules: ReadonlyMap<string, OpenModule>): KohyaKind {
  const kinds = new Map([...modules].map(([flat, { kind }]) => [kind, flat]));
  const [kind = 'lora'] = kinds.keys();
  if (kinds.size < 2) return kind;
  throw new StudioError(
    'refused',
    `${path} mixes kinds: ${[...kinds].map(([one, flat]) => `${flat} is ${one}`).join(', ')}.`,
    'Adapters of one kind can be read. Resize it to plain LoRA with the tool that made it.',
  );
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
    else if (part === 'magnitude') tensors.set(part, magnitudeOf(file.path, stored, tensor));
    else {
      if (part === 'a' && tensor.shape.length > 2) kernel = tensor.shape.slice(1);
      tensors.set(part, asMatrix(tensor));
    }
  }
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

/** The keys of PEFT's LoKrConfig from which it makes factors of these sizes. */
function lokrKeys(path: string, modules: readonly CollectedModule[]): Record<string, unknown> {
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
  if (found === undefined)
    throw new StudioError(
      'refused',
      `${path}: the factors of its LoKr have sizes that PEFT's decompose_factor does not give.`,
      'Resize it to plain LoRA with the tool that made it.',
    );
  return { decompose_both, decompose_factor: found };
}

function alphaNumber(path: string, stored: string, { data }: HostTensor, whole: number | undefined): number {
  const [value] = data;
  if (data.length !== 1 || value === undefined || !(value > 0))
    throw new StudioError('invalid_file', `${path}: ${stored} is not one positive number.`, incompleteHint);
  const float = Math.fround(value);
  return whole !== undefined && Math.fround(whole) === float ? whole : shortest(float);
}

/** dora_scale [out, 1…]: lengths of the rows. Older LyCORIS files have lengths of the columns, [1, in]. */
function magnitudeOf(path: string, stored: string, { shape, data }: HostTensor): HostTensor {
  if (shape[0] === data.length) return { shape: [data.length], data };
  throw new StudioError(
    'refused',
    `${path}: ${stored} is [${shape.join(', ')}], the lengths of the inputs; DoRA of PEFT has one length for each output.`,
    'Train it again with wd_on_out, or resize it to plain LoRA with the tool that made it.',
  );
}

function strangeKey(path: string, name: string): StudioError {
  const [, end] = foreignEnds.exec(name) ?? [];
  return end === undefined
    ? new StudioError('invalid_file', `${path}: ${name} is no tensor of a kohya adapter.`, incompleteHint)
    : new StudioError(
        'refused',
        `${path} contains ${name}, and adapters with ${end} are not supported.`,
        'LoRA, LoCon, DoRA, LoHa and LoKr are read. Resize it to plain LoRA with the tool that made it.',
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
): ReadonlyMap<string, string> {
  for (const { description } of bases) {
    const names = new Map(
      description.linears.flatMap(({ name }) => [true, false].map((single) => [flatName(name, single), name] as const)),
    );
    if (flat.every((name) => names.has(name))) return names;
  }
  return new Map(Object.entries(recordOf(file, namesKey, z.string())));
}

function foreignOf(metadata: ReadonlyMap<string, string>): ForeignBase {
  const first = (...fields: string[]) => fields.map((field) => metadata.get(field)).find((text) => text) ?? null;
  return {
    name: first('ss_sd_model_name', 'modelspec.title'),
    hash: first('ss_new_sd_model_hash', 'ss_sd_model_hash'),
    architecture: first('ss_base_model_version', 'modelspec.architecture'),
  };
}
