import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ForeignBase, LinearModule, ModelDescription } from '../../../../src-shared/domain/model.ts';
import { alphaOf } from '../../adapters/peft/strength-keys.ts';
import { storedShape } from '../../adapters/peft/tensors.ts';
import type { AdapterState } from '../../adapters/state.ts';
import { requireLinear } from '../../adapters/target-modules.ts';
import { requireRank } from '../../adapters/variant.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import { openSafetensors, type SafetensorsFile, writeSafetensors } from '../../tensors/safetensors.ts';
import { shortest } from '../gguf/architectures/shortest.ts';
import { asMatrix, type CollectedModule, collectModules, finite, incompleteHint } from './collect-modules.ts';
import { flatName, pointedName } from './flat-names.ts';
import type { AdapterFormat, AdapterSource, KnownBase, ReadAdapter, WrittenAdapter } from './format.ts';
import { floats, lowRankModules, refuseGgufNames } from './low-rank-view.ts';

/** Ends of keys, and the variant's part that each holds. `alpha` is a number, not a part. */
const loraEnds = {
  'lora_down.weight': 'a',
  'lora_up.weight': 'b',
  'lora_A.weight': 'a',
  'lora_B.weight': 'b',
} as const;
const lohaEnds = { hada_w1_a: 'w1_a', hada_w1_b: 'w1_b', hada_w2_a: 'w2_a', hada_w2_b: 'w2_b' } as const;
const ends: Readonly<Record<string, string>> = { ...loraEnds, ...lohaEnds, dora_scale: 'magnitude', alpha: 'alpha' };
const key = new RegExp(`^(.+)\\.(${Object.keys(ends).join('|').replaceAll('.', '\\.')})$`);
const foreignEnds = /\.(lora_mid\.weight|hada_t[12]|lokr_\w+|oft_\w+|a1\.weight|diff|diff_b|w_norm|b_norm|glora_\w+)$/;

/**
 * Files of kohya's sd-scripts, LyCORIS and ComfyUI: for each module `<flat name>.lora_down.weight` [rank, in],
 * `.lora_up.weight` [out, rank] and `.alpha`, with DoRA's `.dora_scale`; or LoHa's `.hada_*`. Scale: alpha / rank, 1 without alpha.
 * Sources: kohya-ss/sd-scripts networks/lora.py, KohakuBlueleaf/LyCORIS, comfy/lora.py.
 */
export const kohya: AdapterFormat = {
  id: 'kohya',
  label: 'kohya / ComfyUI file',
  summary: 'One safetensors file with lora_down, lora_up and alpha, for ComfyUI, Automatic1111, Forge and sd-scripts.',
  makes: 'file',
  extension: 'safetensors',
  kinds: ['lora', 'rslora', 'dora', 'dora-rslora', 'loha'],
  recognize: ({ keys }) =>
    keys.some((name) => /\.(lora_down\.weight|hada_w1_a|lokr_w\d\w*|dora_scale)$/.test(name)) ||
    keys.some((name) => /^(lora_(unet|te\d?)_|diffusion_model\.)/.test(name)),
  read: readKohya,
  write: writeKohya,
};

interface OpenModule {
  readonly parts: Map<string, string>;
}

async function readKohya({ path }: AdapterSource, bases: readonly KnownBase[]): Promise<ReadAdapter> {
  const file = await openSafetensors(path);
  try {
    const modules = new Map<string, OpenModule>();
    for (const name of file.names) {
      const [, flat, end] = key.exec(name) ?? [];
      if (flat === undefined || end === undefined) throw strangeKey(path, name);
      const module = modules.get(flat) ?? { parts: new Map<string, string>() };
      modules.set(flat, module);
      module.parts.set(ends[end] ?? end, name);
    }
    const variant = variantOf(path, modules);
    const names = exactNames(file, [...modules.keys()], bases);
    const alphas = recordOf(file, alphasKey, z.number());
    const collected: CollectedModule[] = [];
    for (const [flat, { parts }] of modules)
      collected.push(await readModule(file, flat, pointedName(flat, names), parts, alphas[flat]));
    return collectModules(path, variant, collected, foreignOf(file.metadata));
  } finally {
    await file.close();
  }
}

/** The one kind that all modules are of. */
function variantOf(path: string, modules: ReadonlyMap<string, OpenModule>): string {
  const kinds = new Map<string, string>();
  for (const [flat, { parts }] of modules)
    kinds.set(parts.has('w1_a') ? 'loha' : parts.has('magnitude') ? 'dora' : 'lora', flat);
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
  const rank = (tensors.get('a') ?? tensors.get('w1_b'))?.shape[0];
  if (rank === undefined || rank === 0)
    throw new StudioError('invalid_file', `${file.path}: ${flat} has no lora_down.weight.`, incompleteHint);
  const scaling = alpha === null ? 1 : alpha / rank;
  return { name, kind: 'linear', tensors, rank, scaling, ...(kernel ? { kernel } : {}) };
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
    'Train it anew with wd_on_out, or resize it to plain LoRA with the tool that made it.',
  );
}

function strangeKey(path: string, name: string): StudioError {
  const [, end] = foreignEnds.exec(name) ?? [];
  return end === undefined
    ? new StudioError('invalid_file', `${path}: ${name} is no tensor of a kohya adapter.`, incompleteHint)
    : new StudioError(
        'refused',
        `${path} holds ${name}, and adapters with ${end} are not supported.`,
        'LoRA, LoCon, DoRA and LoHa are read. Resize it to plain LoRA with the tool that made it.',
      );
}

const namesKey = 'coto_modules';
const alphasKey = 'coto_alphas';

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

/** A module as it is written: its tensors by the ends of their keys. */
interface FlatModule {
  readonly module: LinearModule;
  readonly alpha: number;
  readonly tensors: readonly (readonly [string, HostTensor])[];
}

async function writeKohya(path: string, { state, description, name }: WrittenAdapter): Promise<void> {
  const isLoha = state.variant.declaration.id === 'loha' && state.saved.size === 0;
  const modules = isLoha ? lohaModules(state, description) : loraModules(state, description);
  refuseGgufNames(modules, "kohya's format");
  const single = hasOneTextEncoder(description);
  const tensors = new Map<string, HostTensor>();
  const [names, alphas]: [Record<string, string>, Record<string, number>] = [{}, {}];
  for (const { module, alpha, tensors: own } of modules) {
    // Names of ComfyUI's own keep their points; what was left flat on reading is written as it was.
    const flat = /^(diffusion_model\.|lora_)/.test(module.name) ? module.name : flatName(module.name, single);
    if (tensors.has(`${flat}.alpha`))
      throw new StudioError(
        'refused',
        `kohya's format writes ${module.name} and another module under the same name, ${flat}.`,
        'Export it as a PEFT folder.',
      );
    if (pointedName(flat, new Map()) !== module.name) names[flat] = module.name;
    if (shortest(Math.fround(alpha)) !== alpha) alphas[flat] = alpha;
    for (const [end, { shape, data }] of own) tensors.set(`${flat}.${end}`, { shape, data: floats({ shape, data }) });
    tensors.set(`${flat}.alpha`, { shape: [], data: Float32Array.of(alpha) });
  }
  const { foreign } = description;
  const base = foreign?.name ?? state.config.base_model_name_or_path;
  await writeSafetensors(path, tensors, {
    ss_output_name: name,
    ss_network_module: isLoha ? 'lycoris.kohya' : 'networks.lora',
    ...(base ? { ss_sd_model_name: base } : {}),
    ...(foreign?.hash ? { ss_sd_model_hash: foreign.hash } : {}),
    ...(foreign?.architecture ? { ss_base_model_version: foreign.architecture } : {}),
    ...(Object.keys(names).length > 0 ? { [namesKey]: JSON.stringify(names) } : {}),
    ...(Object.keys(alphas).length > 0 ? { [alphasKey]: JSON.stringify(alphas) } : {}),
  });
}

function loraModules(state: AdapterState, description: ModelDescription): FlatModule[] {
  return lowRankModules(state, description, "kohya's format", true).map(
    ({ module, a, b, rank, scaling, magnitude }) => {
      const stored = (part: string, { shape, data }: HostTensor) => ({ shape: storedShape(module, part, shape), data });
      const ones = module.kernel ? module.kernel.map(() => 1) : [1];
      return {
        module,
        alpha: alphaOf(scaling, rank),
        tensors: [
          ['lora_down.weight', stored('a', a)],
          ['lora_up.weight', stored('b', b)],
          ...(magnitude
            ? [['dora_scale', { shape: [magnitude.data.length, ...ones], data: magnitude.data }] as const]
            : []),
        ],
      };
    },
  );
}

function lohaModules({ modules }: AdapterState, description: ModelDescription): FlatModule[] {
  return [...modules].map(([name, own]) => ({
    module: requireLinear(description, name),
    alpha: alphaOf(own.scaling, requireRank(own)),
    tensors: Object.entries(lohaEnds).flatMap(([end, part]) => {
      const tensor = own.tensors.get(part);
      return tensor ? [[end, tensor] as const] : [];
    }),
  }));
}

/** Stable Diffusion 1 and 2; the others number their text encoders also where only the first is adapted. */
function hasOneTextEncoder({ linears }: ModelDescription): boolean {
  const others =
    /^(text_encoder_[23]\.|unet\.(input_blocks|output_blocks|double_blocks|single_blocks|label_emb)\.|transformer\.)/;
  return !linears.some(({ name }) => others.test(name));
}
