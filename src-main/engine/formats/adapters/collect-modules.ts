import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { adapterConfigSchema } from '../../../../src-shared/domain/adapters/adapter.ts';
import { type ForeignBase, type LinearModule, plainLinear } from '../../../../src-shared/domain/models/model.ts';
import { notFinite } from '../../adapters/peft/open-adapter.ts';
import { alphaOf, mostFrequent } from '../../adapters/peft-format/strength-keys.ts';
import { describeModules } from '../../adapters/residual/derived-base.ts';
import { lastName } from '../../adapters/targets/target-modules.ts';
import type { ModuleState } from '../../adapters/variant/state.ts';
import type { AdapterVariant, TensorPart } from '../../adapters/variant/variant.ts';
import { adapterVariant } from '../../adapters/variants/index.ts';
import { elementCount, type HostTensor } from '../../tensors/host-tensor.ts';
import type { ReadAdapter } from './format.ts';

/** A module as a file has it. */
export interface CollectedModule {
  readonly name: string;
  readonly kind: LinearModule['kind'];
  readonly tensors: ReadonlyMap<string, HostTensor>;
  /** Null of kinds without one. */
  readonly rank: number | null;
  readonly scaling: number;
  /** Shape of a convolution: [input channels, window sizes…]. */
  readonly kernel?: readonly number[];
}

/**
 * An adapter of the modules of a file.
 * @param own further keys of PEFT's config of the variant.
 * @throws StudioError invalid_file for shapes that contradict each other and numbers that are not finite.
 */
export function collectModules(
  file: string,
  variantId: string,
  collected: readonly CollectedModule[],
  foreign: ForeignBase,
  own: Readonly<Record<string, unknown>> = {},
): ReadAdapter {
  const variant = adapterVariant(variantId);
  if (collected.length === 0)
    throw new StudioError('invalid_file', `${file} has no adapter: it has no tensors of one.`, incompleteHint);
  const ranked = collected.map(({ rank, scaling }) => ({ rank: rank ?? 1, scaling }));
  const rank = mostFrequent(ranked.map((module) => module.rank));
  const alpha = mostFrequent(ranked.map((module) => alphaOf(module.scaling, module.rank)));
  const config = adapterConfigSchema.parse({
    peft_type: variant.files.type,
    base_model_name_or_path: foreign.name,
    target_modules: [...new Set(collected.map(({ name }) => lastName(name)))].sort(),
  });
  const parameters = variant.files.fromConfig({ ...config, r: rank, lora_alpha: alpha, alpha, ...own });
  const modules = new Map<string, ModuleState>();
  const linears: LinearModule[] = [];
  for (const module of collected) {
    const linear = linearOf(file, variant, module);
    const parts = variant.parts(linear, { rank: module.rank, parameters });
    for (const { name, shape } of parts) checkTensor(file, module, name, shape);
    linears.push(linear);
    modules.set(module.name, { rank: module.rank, scaling: module.scaling, tensors: module.tensors });
  }
  const none = new Map<string, HostTensor>();
  return {
    state: { variant, parameters, config, coto: null, labels: null, modules, shared: none, saved: none, biases: none },
    description: describeModules(linears, [], foreign),
  };
}

/** A tensor of a file, refused where it holds a number that is not finite. */
export function finite(file: string, key: string, tensor: HostTensor): HostTensor {
  if (!tensor.data.every(Number.isFinite)) throw notFinite(file, key);
  return tensor;
}

/** Converts a tensor to a matrix: the axes after the first (channels and window of a convolution) become one. */
export function asMatrix({ shape, data }: HostTensor): HostTensor {
  if (shape.length < 3) return { shape, data };
  return { shape: [shape[0] ?? 0, elementCount(shape.slice(1))], data };
}

export const incompleteHint = 'Copy or download the adapter again: it is incomplete.';

/** The linear that a module is for, as its tensors tell it. */
export function linearOf(file: string, variant: AdapterVariant, module: CollectedModule): LinearModule {
  const shapes = new Map([...module.tensors].map(([part, { shape }]) => [part, shape]));
  const [inFeatures, outFeatures] = [shapes.get('a')?.[1], shapes.get('b')?.[0]];
  const own =
    inFeatures === undefined || outFeatures === undefined
      ? (variant.sizes?.(shapes) ?? null)
      : { inFeatures, outFeatures };
  if (own === null)
    throw new StudioError('invalid_file', `${file}: the tensors of ${module.name} are not complete.`, incompleteHint);
  return {
    ...plainLinear,
    ...own,
    ...(module.kernel ? { kernel: [...module.kernel] } : {}),
    name: module.name,
    kind: module.kind,
    aliases: [],
    checkpointKey: module.name,
    layer: null,
    hasBias: false,
    isHead: false,
  };
}

/** Returns true if a module has exactly these parts. */
export function fitsParts({ tensors }: CollectedModule, parts: readonly TensorPart[]): boolean {
  return parts.length === tensors.size && parts.every(({ name, shape }) => isShape(tensors.get(name), shape));
}

function isShape(tensor: HostTensor | undefined, shape: readonly number[]): boolean {
  return tensor?.shape.length === shape.length && shape.every((size, axis) => tensor.shape[axis] === size);
}

function checkTensor(file: string, module: CollectedModule, part: string, shape: readonly number[]): void {
  const tensor = module.tensors.get(part);
  if (isShape(tensor, shape)) return;
  throw new StudioError(
    'invalid_file',
    `${file}: tensor ${part} of ${module.name} is ${tensor ? `[${tensor.shape.join(', ')}]` : 'missing'} where [${shape.join(', ')}] is expected.`,
    incompleteHint,
  );
}
