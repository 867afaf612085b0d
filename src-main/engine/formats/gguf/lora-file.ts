import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { alphaOf, mostFrequent } from '../../adapters/peft-format/strength-keys.ts';
import type { AdapterState } from '../../adapters/variant/state.ts';
import type { ModelConfigFile } from '../../models/family.ts';
import { floats, isGgufName, lowRankModules, type WrittenModule } from '../adapters/low-rank-view.ts';
import type { GgufArchitecture, NamedModule } from './architectures/architecture.ts';
import { ggufArchitectures } from './architectures/index.ts';
import { hasRowOrder, type RowOrder, rowInFile, rowOrderOf } from './row-order.ts';
import { type WrittenTensor, type WrittenValue, writeGguf } from './write-gguf.ts';

/** The base of an adapter. */
export interface LoraBase {
  readonly description: ModelDescription;
  /** Null where the base is not in the studio. */
  readonly config: ModelConfigFile | null;
}

/**
 * Writes an adapter as llama.cpp and Ollama load it beside a GGUF file of the base: for each weight `<name>.lora_a`
 * [rank, inFeatures] and `<name>.lora_b` [outFeatures, rank], in float32.
 *
 * llama.cpp scales by `adapter.lora.alpha` over the rank of each weight; what an adapter does otherwise (rsLoRA, ranks and alphas by
 * pattern) goes into its B. Rows of rotary queries and keys come in llama.cpp's order.
 *
 * @throws StudioError refused naming what llama.cpp has no place for.
 */
export async function writeGgufLora(path: string, state: AdapterState, base: LoraBase, name: string): Promise<void> {
  const architecture = architectureFor(base.description);
  const modules = lowRankModules(state, base.description, "llama.cpp's format", false);
  const alpha = mostFrequent(modules.map(({ rank, scaling }) => alphaOf(scaling, rank)));
  const tensors = modules.flatMap((module) => writtenFactors(architecture, base, module, alpha));
  const heads = headCounts(base);
  const baseName = base.description.foreign?.name ?? state.config.base_model_name_or_path;
  const metadata = new Map<string, WrittenValue>([
    ['general.architecture', { type: 'text', value: architecture.id }],
    ['general.type', { type: 'text', value: 'adapter' }],
    ['general.name', { type: 'text', value: name }],
    ['general.file_type', { type: 'uint32', value: 0 }],
    ['adapter.type', { type: 'text', value: 'lora' }],
    ['adapter.lora.alpha', { type: 'float32', value: alpha }],
    // Keys of this project, which llama.cpp ignores. They make rereading the file exact.
    [exactAlphaKey, { type: 'text', value: String(alpha) }],
    ...(heads === null
      ? []
      : [
          [headsKey, { type: 'uint32', value: heads.queries }] as const,
          [keyValueHeadsKey, { type: 'uint32', value: heads.keyValues }] as const,
        ]),
    ...(baseName ? [[baseNameKey, { type: 'text', value: baseName }] as const] : []),
  ]);
  await writeGguf(path, metadata, tensors);
}

/** Keys of the studio's own in the metadata. */
export const exactAlphaKey = 'coto.adapter.lora.alpha';
export const headsKey = 'coto.attention.head_count';
export const keyValueHeadsKey = 'coto.attention.head_count_kv';
export const baseNameKey = 'general.base_model.0.name';

function architectureFor({ family, kind, foreign }: ModelDescription): GgufArchitecture {
  const found = ggufArchitectures.find(({ modelTypes }) => modelTypes.includes(family));
  const named = ggufArchitectures.filter(({ id }) => id === foreign?.architecture);
  const [first] = named;
  if (first) return found && named.includes(found) ? found : first;
  if (found && kind === 'causal-lm') return found;
  if (foreign)
    throw new StudioError(
      'refused',
      "llama.cpp's format needs to know the architecture of the base, which is not in the studio.",
      'Add the base model, then import the adapter again.',
    );
  throw new StudioError(
    'refused',
    `llama.cpp has no adapters for bases like this one (${family}, ${kind}).`,
    `It takes those of language models: ${ggufArchitectures.flatMap(({ modelTypes }) => modelTypes).join(', ')}.`,
  );
}

/** @throws StudioError refused naming a module that llama.cpp has no place for, or what is not known of the base. */
export function requireGgufPlaces(names: Iterable<string>, base: LoraBase): void {
  const architecture = architectureFor(base.description);
  for (const name of names) orderOf(placeOf(architecture, base.description, name).rearranged, base);
}

function writtenFactors(
  architecture: GgufArchitecture,
  base: LoraBase,
  { module, a, b, rank, scaling }: WrittenModule,
  alpha: number,
): WrittenTensor[] {
  const { weight, rearranged } = placeOf(architecture, base.description, module.name);
  const order = orderOf(rearranged, base);
  const rows = order === null ? floats(b) : inFileOrder(floats(b), b.shape[0] ?? 0, order);
  return [
    { name: `${weight}.lora_a`, shape: a.shape, data: floats(a) },
    { name: `${weight}.lora_b`, shape: b.shape, data: scaled(rows, (scaling * rank) / alpha) },
  ];
}

function placeOf(
  architecture: GgufArchitecture,
  description: ModelDescription,
  moduleName: string,
): { weight: string; rearranged: NamedModule['rearranged'] } {
  // Read from a GGUF file whose base is not known: names and rows are llama.cpp's already.
  if (isGgufName(moduleName)) return { weight: `${moduleName}.weight`, rearranged: undefined };
  const module = description.linears.find(({ name }) => name === moduleName);
  const layered = module?.layer != null ? `${architecture.layersPrefix}.${module.layer}.` : null;
  const modules = layered === null ? architecture.otherModules : architecture.layerModules;
  const found = modules.find(({ transformers }) => `${layered ?? ''}${transformers}` === moduleName);
  const tied = moduleName === 'lm_head' && module?.checkpointKey !== moduleName;
  if (module === undefined || module.kind === 'embedding' || found === undefined || tied)
    throw new StudioError(
      'refused',
      `The adapter has factors for ${moduleName}, ${tied ? "which is the embedding itself and has no place in llama.cpp's files" : 'which llama.cpp cannot adapt'}.`,
      'Export it merged into its base, or train it on the linears of the layers (all-linear).',
    );
  const prefix = layered === null ? '' : `blk.${module.layer}.`;
  return { weight: `${prefix}${found.gguf}.weight`, rearranged: found.rearranged };
}

const headsSchema = z.looseObject({
  num_attention_heads: z.number().int().positive(),
  num_key_value_heads: z.number().int().positive().nullish(),
});

/** Attention heads as config.json or the adapter's own file has them; null: neither tells. */
function headCounts({ config, description }: LoraBase): { queries: number; keyValues: number } | null {
  return config === null ? (description.foreign?.heads ?? null) : headsOfConfig(config);
}

/** Attention heads as a config.json has them; null where it has none. */
export function headsOfConfig(config: ModelConfigFile | null): { queries: number; keyValues: number } | null {
  if (config === null) return null;
  const parsed = headsSchema.safeParse(config.value);
  if (!parsed.success) return null;
  const { num_attention_heads: queries, num_key_value_heads } = parsed.data;
  return { queries, keyValues: num_key_value_heads ?? queries };
}

/** Order of the rows in llama.cpp's files; null: that of transformers. */
function orderOf(rearranged: NamedModule['rearranged'], base: LoraBase): RowOrder | null {
  if (!hasRowOrder({ rearranged })) return null;
  const heads = headCounts(base);
  if (heads === null)
    throw new StudioError(
      'refused',
      "llama.cpp orders the rows of queries and keys by heads, and the base's number of heads is not known.",
      'Add the base model, then import the adapter again.',
    );
  return rowOrderOf(rearranged, heads);
}

function inFileOrder(values: Float32Array, rows: number, order: RowOrder): Float32Array {
  const columns = values.length / rows;
  const ordered = new Float32Array(values.length);
  for (let row = 0; row < rows; row++)
    ordered.set(values.subarray(row * columns, (row + 1) * columns), rowInFile(order, row, rows) * columns);
  return ordered;
}

function scaled(values: Float32Array, factor: number): Float32Array {
  return Math.abs(factor - 1) < 1e-12 ? values : values.map((value) => value * factor);
}
