import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { AdapterConfig } from '../../../../src-shared/domain/adapters/adapter.ts';
import type { LinearModule, ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import type { SafetensorsFile } from '../../tensors/safetensors.ts';
import type { TensorInfo } from '../../tensors/safetensors-header.ts';
import { targetsParameter } from '../targets/target-modules.ts';
import type { ModuleStrength } from '../variant/variant.ts';

const [keyA, keyB] = ['lora_A.weight', 'lora_B.weight'] as const;

/** A parameter of all experts, and the linears whose weights it holds. */
interface ExpertParameter {
  readonly name: string;
  readonly linears: readonly LinearModule[];
  /** Name of the adapter's tensors in a file: PEFT wraps a module once for each of its parameters, the last one outermost. */
  readonly wrapper: string;
}

/** The parameters of experts with an adapter, in the order of the model. */
function adaptedParameters(
  { linears }: Pick<ModelDescription, 'linears'>,
  isAdapted: (parameter: string) => boolean,
): ExpertParameter[] {
  const byParameter = Map.groupBy(linears, ({ expert }) => expert?.parameter ?? '');
  const names = [...byParameter.keys()].filter((name) => name !== '' && isAdapted(name));
  const byModule = Map.groupBy(names, moduleOf);
  return names.map((name) => {
    const own = byModule.get(moduleOf(name)) ?? [];
    const wrappers = own.length - 1 - own.indexOf(name);
    const sorted = (byParameter.get(name) ?? []).toSorted((one, other) => indexOf(one) - indexOf(other));
    return { name, linears: sorted, wrapper: moduleOf(name) + '.base_layer'.repeat(wrappers) };
  });
}

function moduleOf(parameter: string): string {
  return parameter.slice(0, parameter.lastIndexOf('.'));
}

function indexOf({ expert }: LinearModule): number {
  return expert?.index ?? 0;
}

/**
 * The file of an adapter with factors of each expert, `experts.3.down_proj.lora_A.weight`, in place of PEFT's of all experts in
 * one tensor: A [experts · rank, inputs], expert by expert, and B [outputs, rank · experts], whose columns alternate between the
 * experts. A file without such stays itself.
 */
export function withExpertFactors(
  file: SafetensorsFile,
  prefix: string,
  description: ModelDescription,
  config: AdapterConfig,
): SafetensorsFile {
  const parameters = adaptedParameters(description, (name) => targetsParameter(config, name));
  if (parameters.length === 0) return file;
  const parts = new Map<string, { readonly key: string; readonly index: number; readonly count: number }>();
  for (const { linears, wrapper } of parameters)
    for (const end of [keyA, keyB]) {
      const key = `${prefix}${wrapper}.${end}`;
      const [first = 0, second = 0] = file.info(key).shape;
      const count = linears.length;
      if ((end === keyA ? first : second) % count !== 0)
        throw new StudioError(
          'invalid_file',
          `${file.path}: ${key} has the shape [${first}, ${second}], which is not of ${count} experts.`,
          'Was the adapter made for another base model?',
        );
      for (const [index, { name }] of linears.entries()) parts.set(`${prefix}${name}.${end}`, { key, index, count });
    }
  const hidden = new Set([...parts.values()].map(({ key }) => key));
  /** The tensor that was read last: its parts are asked for one after the other. */
  let last: { readonly key: string; readonly tensor: Promise<HostTensor> } | null = null;
  const read = async (name: string): Promise<HostTensor> => {
    const part = parts.get(name);
    if (part === undefined) return file.read(name);
    if (last?.key !== part.key) last = { key: part.key, tensor: file.read(part.key) };
    const { data } = await last.tensor;
    const { shape } = infoOf(name, part);
    return { shape, data: name.endsWith(keyA) ? rowsOf(data, part) : columnsOf(data, part) };
  };
  const infoOf = (name: string, { key, count }: { readonly key: string; readonly count: number }): TensorInfo => {
    const { dtype, shape } = file.info(key);
    const [rows = 0, columns = 0] = shape;
    return { dtype, shape: name.endsWith(keyA) ? [rows / count, columns] : [rows, columns / count] };
  };
  const lent = async (name: string) => {
    const tensor = await read(name);
    return { ...tensor, finite: tensor.data.every(Number.isFinite) };
  };
  return {
    ...file,
    names: [...file.names.filter((name) => !hidden.has(name)), ...parts.keys()],
    has: (name) => parts.has(name) || (file.has(name) && !hidden.has(name)),
    info: (name) => {
      const part = parts.get(name);
      return part === undefined ? file.info(name) : infoOf(name, part);
    },
    read,
    lend: async (name, use) => (parts.has(name) ? use(await lent(name)) : file.lend(name, use)),
    stage: async (name, arena) => (parts.has(name) ? lent(name) : file.stage(name, arena)),
  };
}

interface Part {
  readonly index: number;
  readonly count: number;
}

function rowsOf(data: HostTensor['data'], { index, count }: Part): Float32Array {
  const size = data.length / count;
  return Float32Array.from(data.subarray(index * size, (index + 1) * size));
}

function columnsOf(data: HostTensor['data'], { index, count }: Part): Float32Array {
  return Float32Array.from({ length: data.length / count }, (_, at) => data[at * count + index] ?? 0);
}

/**
 * Puts the factors of experts together as PEFT has them, the inverse of `withExpertFactors`. An expert without factors gets
 * zeros, and one of a lower rank is filled up with them; a scaling of its own goes into B.
 * @param tensors by their keys in a file; `prefix` begins those of modules
 */
export function fuseExpertFactors(
  tensors: ReadonlyMap<string, HostTensor>,
  prefix: string,
  description: Pick<ModelDescription, 'linears'>,
  modules: ReadonlyMap<string, ModuleStrength>,
): Map<string, HostTensor> {
  const fused = new Map(tensors);
  const isAdapted = (parameter: string) =>
    description.linears.some(
      ({ name, expert }) => expert?.parameter === parameter && tensors.has(`${prefix}${name}.${keyA}`),
    );
  for (const { linears, wrapper } of adaptedParameters(description, isAdapted)) {
    const all = linears.map(({ name, inFeatures, outFeatures }) => {
      const [a, b] = [tensors.get(`${prefix}${name}.${keyA}`), tensors.get(`${prefix}${name}.${keyB}`)];
      for (const end of [keyA, keyB]) fused.delete(`${prefix}${name}.${end}`);
      const scaling = modules.get(name)?.scaling;
      return { a, b, rank: a?.shape[0] ?? 0, scaling, inFeatures, outFeatures };
    });
    const common = all.find(({ scaling }) => scaling !== undefined)?.scaling ?? 1;
    const rank = Math.max(...all.map((one) => one.rank));
    const [{ inFeatures, outFeatures } = { inFeatures: 0, outFeatures: 0 }] = all;
    const a = new Float32Array(all.length * rank * inFeatures);
    const b = new Float32Array(outFeatures * rank * all.length);
    for (const [index, own] of all.entries()) {
      if (own.a) a.set(own.a.data, index * rank * inFeatures);
      const { b: values } = own;
      const factor = (own.scaling ?? common) / common;
      for (let row = 0; values && row < outFeatures; row++)
        for (let column = 0; column < own.rank; column++)
          b[(row * rank + column) * all.length + index] = factor * (values.data[row * own.rank + column] ?? 0);
    }
    fused.set(`${prefix}${wrapper}.${keyA}`, { shape: [all.length * rank, inFeatures], data: a });
    fused.set(`${prefix}${wrapper}.${keyB}`, { shape: [outFeatures, rank * all.length], data: b });
  }
  return fused;
}

/** The keys of factors as a file has them: those of experts once for all of a parameter. */
export function fusedKeys(
  keys: readonly string[],
  prefix: string,
  description: Pick<ModelDescription, 'linears'>,
): string[] {
  const given = new Set(keys);
  const isAdapted = (parameter: string) =>
    description.linears.some(
      ({ name, expert }) => expert?.parameter === parameter && given.has(`${prefix}${name}.${keyA}`),
    );
  const parameters = adaptedParameters(description, isAdapted);
  for (const { linears } of parameters)
    for (const { name } of linears) for (const end of [keyA, keyB]) given.delete(`${prefix}${name}.${end}`);
  return [...given, ...parameters.flatMap(({ wrapper }) => [keyA, keyB].map((end) => `${prefix}${wrapper}.${end}`))];
}
