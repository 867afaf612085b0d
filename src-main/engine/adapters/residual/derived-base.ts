import { createHash } from 'node:crypto';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { AdapterConfig } from '../../../../src-shared/domain/adapters/adapter.ts';
import {
  type BiasVector,
  type ForeignBase,
  type LinearModule,
  type ModelDescription,
  plainLinear,
} from '../../../../src-shared/domain/models/model.ts';
import { elementCount } from '../../tensors/host-tensor.ts';
import { readCotoConfig } from '../peft/adapter-config.ts';
import { openAdapterTensors } from '../peft/adapter-name.ts';
import { readDescription } from '../peft/open-adapter.ts';
import { isCopy, keyPrefix, sharedPrefix } from '../peft/tensors.ts';
import { sharedKey, splitPartKey } from '../peft-format/tensor-names.ts';
import type { AdapterVariant, ModuleSizes } from '../variant/variant.ts';
import { layersOf } from './derived-layers.ts';

/**
 * Describes a base that is not at hand by the adapters that were made for it: their modules, with shapes from the
 * tensors and layers from the names. This suffices to read, merge, prune, resize, convert and write adapters; nothing
 * can be computed with such a base.
 *
 * @param directories PEFT folders.
 * @param names what messages call them.
 * @throws StudioError invalid_file for a folder that does not tell its modules' sizes; refused where two adapters do not fit
 * together.
 */
export async function describeDerivedBase(
  directories: readonly string[],
  names: readonly string[] = directories,
): Promise<ModelDescription> {
  const linears = new Map<string, LinearModule>();
  const biases = new Map<string, BiasVector>();
  let foreign: ForeignBase | null = null;
  const owners = new Map<string, string>();
  for (const [at, directory] of directories.entries()) {
    const derived = await deriveModules(directory);
    foreign ??= derived.foreign;
    for (const module of derived.linears) addModule(linears, owners, module, names[at] ?? directory);
    for (const bias of derived.biases) biases.set(bias.name, bias);
  }
  const none: ForeignBase = { name: null, hash: null, architecture: null };
  return describeModules([...linears.values()], [...biases.values()], foreign ?? none);
}

/** A base of which only these modules are known; their layers are told by their names. */
export function describeModules(
  linears: readonly LinearModule[],
  biases: readonly BiasVector[],
  foreign: ForeignBase,
): ModelDescription {
  const layers = layersOf(linears.map(({ name }) => name));
  const modules = linears.map((module) => ({ ...module, layer: layers.get(module.name) ?? null }));
  const shapes = modules.map(({ name, inFeatures, outFeatures }) => `${name} ${inFeatures} ${outFeatures}`).sort();
  return {
    family: 'unknown',
    architecture: foreign.architecture ?? 'unknown',
    kind: 'unknown',
    parameterCount: 0,
    sizeBytes: 0,
    dtype: 'unknown',
    layerCount: Math.max(-1, ...modules.map(({ layer }) => layer ?? -1)) + 1,
    hiddenSize: 0,
    labels: [],
    image: null,
    text: null,
    linears: modules,
    biases: [...biases],
    fingerprint: createHash('sha256').update(shapes.join('\n')).digest('hex'),
    foreign,
  };
}

interface DerivedModules {
  readonly linears: LinearModule[];
  readonly biases: BiasVector[];
  readonly foreign: ForeignBase;
}

type Shape = readonly number[];

/** The modules that one folder has tensors for. Only its config and the header are read. */
async function deriveModules(directory: string): Promise<DerivedModules> {
  const { variant, config } = await readDescription(directory, true);
  if ((config.target_parameters ?? []).length > 0)
    throw new StudioError(
      'refused',
      `${directory} adapts parameters of experts (target_parameters), whose number only the base knows.`,
      'Add its base model to the studio first.',
    );
  if ((config.trainable_token_indices ?? null) !== null)
    throw new StudioError(
      'refused',
      `${directory} trains tokens (trainable_token_indices) of an embedding that only the base has.`,
      'Add its base model to the studio first.',
    );
  const { foreign_base } = await readCotoConfig(directory);
  const file = await openAdapterTensors(directory);
  try {
    const keys = file.names.filter((key) => !isCopy(key, config, file) && !isShared(variant, key));
    const tensors = new Map(keys.map((key) => [key, file.info(key).shape]));
    const names = { name: config.base_model_name_or_path, hash: null, architecture: null };
    return { ...sortKeys(file.path, variant, config, tensors), foreign: foreign_base ?? names };
  } finally {
    await file.close();
  }
}

function isShared(variant: AdapterVariant, key: string): boolean {
  return variant.files.sharedParts?.some((part) => key === sharedPrefix + sharedKey(variant, part)) ?? false;
}

function sortKeys(
  file: string,
  variant: AdapterVariant,
  config: AdapterConfig,
  tensors: ReadonlyMap<string, Shape>,
): Pick<DerivedModules, 'linears' | 'biases'> {
  const adapted = new Map<string, { kinds: Set<LinearModule['kind']>; shapes: Map<string, Shape> }>();
  const withBias = new Set<string>();
  const whole = new Map<string, Shape>();
  const vectors = new Map<string, number>();
  for (const [key, shape] of tensors) {
    const name = key.startsWith(keyPrefix) ? key.slice(keyPrefix.length) : null;
    if (name === null) throw strangeTensor(file, key);
    const places = splitPartKey(variant, name);
    const [place] = places;
    const ending = /^(.+?)(\.base_layer)?\.(weight|bias)$/.exec(name);
    const [, module = ''] = ending ?? [];
    if (place) {
      const { kinds, shapes } = adapted.get(place.name) ?? { kinds: undefined, shapes: new Map<string, Shape>() };
      const own = new Set(places.map(({ kind }) => kind));
      adapted.set(place.name, {
        kinds: kinds ? new Set([...kinds].filter((kind) => own.has(kind))) : own,
        shapes: shapes.set(place.part, shape),
      });
    } else if (ending?.[3] === 'weight' && shape.length === 2) whole.set(module, shape);
    else if (ending?.[3] === 'bias' && shape.length === 1) vectors.set(module, shape[0] ?? 0);
    else throw strangeTensor(file, key);
  }
  for (const name of vectors.keys()) if (adapted.has(name) || whole.has(name)) withBias.add(name);
  const linears = [...adapted].map(([name, { kinds, shapes }]) =>
    adaptedModule(file, variant, name, kinds.has('linear') ? 'linear' : 'embedding', shapes, withBias.has(name)),
  );
  for (const [name, shape] of whole) linears.push(savedModule(name, shape, withBias.has(name)));
  const alone = config.bias === 'none' ? [] : [...vectors].filter(([name]) => !withBias.has(name));
  const biases = alone.map(([name, size]) => ({
    name: `${name}.bias`,
    aliases: [],
    checkpointKey: `${name}.bias`,
    size,
  }));
  return { linears, biases };
}

function adaptedModule(
  file: string,
  variant: AdapterVariant,
  name: string,
  kind: LinearModule['kind'],
  shapes: ReadonlyMap<string, Shape>,
  hasBias: boolean,
): LinearModule {
  const sizes = (variant.sizes ?? factorSizes)(shapes);
  if (sizes === null)
    throw new StudioError(
      'invalid_file',
      `${file}: the tensors of ${name} do not tell the sizes of the layer that they are for.`,
      variant.sizes === undefined && !shapes.has('a')
        ? `Add the base model first: a ${variant.declaration.label} adapter can only be read beside it.`
        : 'The file is incomplete: copy or download the adapter again.',
    );
  // A of a convolution is [rank, channels, window…].
  const a = shapes.get('a') ?? [];
  const convolution = a.length > 2 ? { kernel: a.slice(1) } : {};
  return {
    ...plainLinear,
    ...sizes,
    ...convolution,
    name,
    kind,
    hasBias,
    aliases: [],
    checkpointKey: name,
    layer: null,
    isHead: false,
  };
}

/** The sizes that A [rank, in] and B [out, rank] tell; of a convolution, channels and window of A are its inputs. */
export function factorSizes(shapes: ReadonlyMap<string, Shape>): ModuleSizes | null {
  const [a, b] = [shapes.get('a'), shapes.get('b')];
  if (a === undefined || b === undefined || a.length < 2) return null;
  return { inFeatures: elementCount(a.slice(1)), outFeatures: b[0] ?? 0 };
}

const embeddingName = /(^|\.)(\w*embed\w*|wte|wpe|shared)$/;

function savedModule(name: string, [rows = 0, columns = 0]: Shape, hasBias: boolean): LinearModule {
  const isEmbedding = embeddingName.test(name);
  return {
    ...plainLinear,
    name,
    kind: isEmbedding ? 'embedding' : 'linear',
    inFeatures: isEmbedding ? rows : columns,
    outFeatures: isEmbedding ? columns : rows,
    hasBias,
    aliases: [],
    checkpointKey: name,
    layer: null,
    isHead: !isEmbedding,
  };
}

function addModule(
  known: Map<string, LinearModule>,
  owners: Map<string, string>,
  module: LinearModule,
  adapter: string,
): void {
  const other = known.get(module.name);
  if (other === undefined) {
    known.set(module.name, module);
    owners.set(module.name, adapter);
    return;
  }
  const sizes = ({ outFeatures, inFeatures }: LinearModule) => `${outFeatures} × ${inFeatures}`;
  if (sizes(other) !== sizes(module) || other.kind !== module.kind)
    throw new StudioError(
      'refused',
      `The adapters do not fit together: ${module.name} is ${sizes(module)} in ${adapter}, and ${sizes(other)} in ${owners.get(module.name)}.`,
      'Merge adapters of the same base model.',
    );
  known.set(module.name, { ...other, hasBias: other.hasBias || module.hasBias });
}

function strangeTensor(file: string, key: string): StudioError {
  return new StudioError(
    'invalid_file',
    `${file}: ${key} is no tensor of the adapter that adapter_config.json describes.`,
    'The tensors and the config are of two different adapters, or the file is damaged.',
  );
}
