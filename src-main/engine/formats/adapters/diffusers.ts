import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { storedShape } from '../../adapters/peft/tensors.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import { openSafetensors, type SafetensorsFile, writeSafetensors } from '../../tensors/safetensors.ts';
import { asMatrix, type CollectedModule, collectModules, finite, incompleteHint } from './collect-modules.ts';
import type { AdapterFormat, AdapterSource, ReadAdapter, WrittenAdapter } from './format.ts';
import { floats, lowRankModules, refuseGgufNames, scaledFloats } from './low-rank-view.ts';
import { diffusersUnetName } from './sgm-names.ts';

const components = /^(unet|transformer|text_encoder(_\d)?|prior)\./;
/** CLIP's names of the projections that old files name like the UNet's. */
const textProjections: Readonly<Record<string, string>> = {
  to_q: 'q_proj',
  to_k: 'k_proj',
  to_v: 'v_proj',
  to_out: 'out_proj',
};

/** The forms of keys that diffusers has had, newest first. */
const forms: readonly { readonly pattern: RegExp; readonly place: (...found: string[]) => [string, string] }[] = [
  { pattern: /^(.+)\.lora_([AB])\.weight$/, place: (name = '', end = '') => [name, end === 'A' ? 'a' : 'b'] },
  { pattern: /^(.+)\.lora_magnitude_vector(\.weight)?$/, place: (name = '') => [name, 'magnitude'] },
  { pattern: /^(.+)\.alpha$/, place: (name = '') => [name, 'alpha'] },
  {
    pattern: /^(.+)\.(?:lora|lora_linear_layer)\.(down|up)\.weight$/,
    place: (name = '', end = '') => [name, partOfEnd(end)],
  },
  {
    pattern: /^(.+)\.(?:processor\.)?(to_q|to_k|to_v|to_out)_lora\.(down|up)\.weight$/,
    place: (name = '', projection = '', end = '') => [oldProjection(name, projection), partOfEnd(end)],
  },
];

/**
 * Files of diffusers (`pytorch_lora_weights.safetensors`): `unet.<module>.lora_A.weight`, `text_encoder.…`, `transformer.…`, and
 * the names of older versions (`processor.to_q_lora.down`). Scale: that of `lora_adapter_metadata` in the header, else alpha / rank,
 * 1 without alpha. Written with the scale in B, so that every version reads it alike. Sources: diffusers loaders/lora_base.py,
 * loaders/lora_conversion_utils.py (0.34).
 */
export const diffusers: AdapterFormat = {
  id: 'diffusers',
  label: 'diffusers file',
  summary: 'One safetensors file that pipe.load_lora_weights of diffusers loads.',
  makes: 'file',
  extension: 'safetensors',
  kinds: ['lora', 'rslora', 'dora', 'dora-rslora'],
  recognize: ({ keys }) =>
    keys.length > 0 &&
    keys.some((key) => placeOf(key) !== null && (components.test(key) || key.includes('.processor.to_'))) &&
    !keys.some((key) => key.startsWith('base_model.model.')),
  read: readDiffusers,
  write: writeDiffusers,
};

function partOfEnd(end: string): string {
  return end === 'down' ? 'a' : 'b';
}

function oldProjection(name: string, projection: string): string {
  if (name.startsWith('text_encoder')) return `${name}.${textProjections[projection] ?? projection}`;
  return `${name}.${projection === 'to_out' ? 'to_out.0' : projection}`;
}

function placeOf(key: string): { name: string; part: string } | null {
  for (const { pattern, place } of forms) {
    const found = pattern.exec(key);
    if (!found) continue;
    const [name, part] = place(...found.slice(1));
    // Attention processors were saved alone, without the name of the UNet that they are of.
    return { name: components.test(name) ? name : `unet.${name}`, part };
  }
  return null;
}

async function readDiffusers({ path }: AdapterSource): Promise<ReadAdapter> {
  const file = await openSafetensors(path);
  try {
    const modules = new Map<string, Map<string, string>>();
    for (const key of file.names) {
      const place = placeOf(key);
      if (place === null)
        throw new StudioError('invalid_file', `${path}: ${key} is no tensor of a LoRA of diffusers.`, incompleteHint);
      const parts = modules.get(place.name) ?? new Map<string, string>();
      modules.set(place.name, parts.set(place.part, key));
    }
    const scaleOf = scalesOf(file);
    const collected: CollectedModule[] = [];
    for (const [name, parts] of modules) collected.push(await readModule(file, name, parts, scaleOf));
    const hasMagnitude = (module: CollectedModule) => module.tensors.has('magnitude');
    const isDora = collected.some(hasMagnitude);
    if (isDora && !collected.every(hasMagnitude))
      throw new StudioError('refused', `${path} mixes LoRA and DoRA.`, 'Adapters of one kind can be read.');
    const { metadata } = file;
    return collectModules(path, isDora ? 'dora' : 'lora', collected, {
      name: metadata.get('base_model') ?? metadata.get('ss_sd_model_name') ?? null,
      hash: null,
      architecture: metadata.get('modelspec.architecture') ?? null,
    });
  } finally {
    await file.close();
  }
}

type ScaleOf = (name: string, rank: number, alpha: number | null) => number;

async function readModule(
  file: SafetensorsFile,
  name: string,
  parts: ReadonlyMap<string, string>,
  scaleOf: ScaleOf,
): Promise<CollectedModule> {
  const tensors = new Map<string, HostTensor>();
  let [alpha, kernel]: [number | null, readonly number[] | undefined] = [null, undefined];
  for (const [part, key] of parts) {
    const tensor = finite(file.path, key, await file.read(key));
    if (part === 'alpha') alpha = tensor.data[0] ?? null;
    else if (part === 'magnitude') tensors.set(part, { shape: [tensor.data.length], data: tensor.data });
    else {
      if (part === 'a' && tensor.shape.length > 2) kernel = tensor.shape.slice(1);
      tensors.set(part, asMatrix(tensor));
    }
  }
  const rank = tensors.get('a')?.shape[0] ?? 0;
  if (rank === 0) throw new StudioError('invalid_file', `${file.path}: ${name} has no lora_A (down).`, incompleteHint);
  const scaling = scaleOf(name, rank, alpha);
  if (!(scaling > 0))
    throw new StudioError('invalid_file', `${file.path}: ${name} has the scale ${scaling}.`, incompleteHint);
  return { name, kind: 'linear', tensors, rank, scaling, ...(kernel ? { kernel } : {}) };
}

const metadataSchema = z.record(z.string(), z.unknown());
const patternSchema = z.record(z.string(), z.number());

/** diffusers keeps PEFT's config of each component in the header, its keys after the component's name. */
function scalesOf({ metadata, path }: SafetensorsFile): ScaleOf {
  const text = metadata.get('lora_adapter_metadata');
  const given = text === undefined ? {} : parsed(path, text);
  return (name, rank, alpha) => {
    if (alpha !== null) return alpha / rank;
    const component = components.exec(name)?.[1] ?? 'unet';
    const own = name.slice(component.length + 1);
    const pattern = patternSchema.safeParse(given[`${component}.alpha_pattern`]);
    const matched = Object.entries(pattern.success ? pattern.data : {}).find(
      ([key]) => own === key || own.endsWith(`.${key}`),
    );
    const usual = matched?.[1] ?? z.number().safeParse(given[`${component}.lora_alpha`]).data;
    if (usual === undefined) return 1;
    return usual / (given[`${component}.use_rslora`] === true ? Math.sqrt(rank) : rank);
  };
}

function parsed(path: string, text: string): Record<string, unknown> {
  try {
    return metadataSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new StudioError(
      'invalid_file',
      `${path}: lora_adapter_metadata in its header is not a JSON object.`,
      incompleteHint,
      String(error),
    );
  }
}

async function writeDiffusers(path: string, { state, description }: WrittenAdapter): Promise<void> {
  const modules = lowRankModules(state, description, "diffusers' format", true);
  refuseGgufNames(modules, "diffusers' format");
  const tensors = new Map<string, HostTensor>();
  for (const { module, a, b, scaling, magnitude } of modules) {
    const name = diffusersUnetName(module.name);
    refuseOtherNames(name);
    const put = (end: string, part: string, { shape, data }: HostTensor) =>
      tensors.set(`${name}.${end}`, { shape: storedShape(module, part, shape), data: floats({ shape, data }) });
    put('lora_A.weight', 'a', a);
    put('lora_B.weight', 'b', scaledFloats(b, scaling));
    if (magnitude) put('lora_magnitude_vector', 'magnitude', magnitude);
  }
  const { foreign } = description;
  const base = foreign?.name ?? state.config.base_model_name_or_path;
  await writeSafetensors(path, tensors, {
    ...(base ? { base_model: base } : {}),
    ...(foreign?.architecture ? { 'modelspec.architecture': foreign.architecture } : {}),
  });
}

function refuseOtherNames(name: string): void {
  const isOriginal = /\.(double_blocks|single_blocks|joint_blocks)\./.test(name);
  if (components.test(name) && !isOriginal) return;
  throw new StudioError(
    'refused',
    isOriginal
      ? `diffusers splits the modules of this model otherwise (${name}).`
      : `diffusers loads adapters of image pipelines, and ${name} is of none that is known.`,
    isOriginal
      ? 'Export it as a kohya file: diffusers loads that as well.'
      : 'Export it as a PEFT folder, or as a kohya file for ComfyUI.',
  );
}
