import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ModelDescription } from '../../../../src-shared/domain/model.ts';
import { mostFrequent } from '../../adapters/peft/strength-keys.ts';
import type { AdapterState } from '../../adapters/state.ts';
import { requireLinear } from '../../adapters/target-modules.ts';
import { type LowRankUpdate, withShared } from '../../adapters/variant.ts';
import type { ModelConfigFile } from '../../models/family.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import type { GgufArchitecture, NamedModule } from './architectures/architecture.ts';
import { ggufArchitectures } from './architectures/index.ts';
import { type WrittenTensor, type WrittenValue, writeGguf } from './write-gguf.ts';

/** The base that an adapter stands on. */
export interface LoraBase {
  readonly description: ModelDescription;
  readonly config: ModelConfigFile;
}

/**
 * Writes an adapter as llama.cpp, Ollama and LM Studio load it beside a GGUF file of the base: for each weight `<name>.lora_a`
 * [rank, inFeatures] and `<name>.lora_b` [outFeatures, rank], in float32.
 *
 * llama.cpp scales by `adapter.lora.alpha` over the rank of each weight; what an adapter does otherwise (rsLoRA, ranks and alphas by
 * pattern) goes into its B. Rows of rotary queries and keys come in llama.cpp's order.
 *
 * @throws StudioError refused naming what llama.cpp has no place for.
 */
export async function writeGgufLora(path: string, state: AdapterState, base: LoraBase, name: string): Promise<void> {
  const architecture = architectureFor(base.description);
  const updates = updatesOf(state, base.description);
  const alpha = mostFrequent([...updates.values()].map(({ a, scaling }) => scaling * (a.shape[0] ?? 0)));
  const tensors = [...updates].flatMap(([module, update]) => writtenFactors(architecture, base, module, update, alpha));
  const metadata = new Map<string, WrittenValue>([
    ['general.architecture', { type: 'text', value: architecture.id }],
    ['general.type', { type: 'text', value: 'adapter' }],
    ['general.name', { type: 'text', value: name }],
    ['general.file_type', { type: 'uint32', value: 0 }],
    ['adapter.type', { type: 'text', value: 'lora' }],
    ['adapter.lora.alpha', { type: 'float32', value: alpha }],
  ]);
  await writeGguf(path, metadata, tensors);
}

function architectureFor({ family, kind }: ModelDescription): GgufArchitecture {
  const found = ggufArchitectures.find(({ modelTypes }) => modelTypes.includes(family));
  if (found && kind === 'causal-lm') return found;
  throw new StudioError(
    'refused',
    `llama.cpp has no adapters for bases like this one (${family}, ${kind}).`,
    `It takes those of language models: ${ggufArchitectures.flatMap(({ modelTypes }) => modelTypes).join(', ')}.`,
  );
}

/** The adapter's products by module. @throws StudioError refused where it is more than that. */
function updatesOf(state: AdapterState, description: ModelDescription): Map<string, LowRankUpdate> {
  const { variant, modules, shared, saved, biases } = state;
  const { lowRank } = variant;
  if (lowRank === null) throw unwritable(`is a ${variant.declaration.label}: ${variant.notLowRank}`);
  const hasBias = [...modules.values()].some(({ tensors }) => tensors.has('bias'));
  if (biases.size > 0 || hasBias) throw unwritable('has biases of its own');
  const [whole] = saved.keys();
  if (whole !== undefined) throw unwritable(`holds whole modules (${whole})`);
  const updates = new Map<string, LowRankUpdate>();
  for (const [name, own] of modules) {
    updates.set(name, lowRank(withShared(requireLinear(description, name), own, shared)));
  }
  return updates;
}

function unwritable(reason: string): StudioError {
  return new StudioError(
    'refused',
    `llama.cpp's adapters are plain low-rank products, and this one ${reason}.`,
    'Export it merged into its base, or as a PEFT folder.',
  );
}

function writtenFactors(
  architecture: GgufArchitecture,
  base: LoraBase,
  moduleName: string,
  { a, b, scaling }: LowRankUpdate,
  alpha: number,
): WrittenTensor[] {
  const place = placeOf(architecture, base.description, moduleName);
  const weight = `${place.prefix}${place.module.gguf}.weight`;
  const heads = headsOf(place.module, base);
  const rows = heads === null ? floats(b) : interleaved(floats(b), b.shape[0] ?? 0, heads);
  return [
    { name: `${weight}.lora_a`, shape: a.shape, data: floats(a) },
    { name: `${weight}.lora_b`, shape: b.shape, data: scaled(rows, (scaling * (a.shape[0] ?? 0)) / alpha) },
  ];
}

function placeOf(
  architecture: GgufArchitecture,
  description: ModelDescription,
  moduleName: string,
): { prefix: string; module: NamedModule } {
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
  return { prefix: layered === null ? '' : `blk.${module.layer}.`, module: found };
}

const headsSchema = z.looseObject({
  num_attention_heads: z.number().int().positive(),
  num_key_value_heads: z.number().int().positive().nullish(),
});

/** Over how many heads the rows are rotary queries or keys that llama.cpp interleaves; null: they are not. */
function headsOf({ rearranged }: NamedModule, { config }: LoraBase): number | null {
  if (rearranged !== 'interleaved-queries' && rearranged !== 'interleaved-keys') return null;
  const heads = headsSchema.parse(config.value);
  return rearranged === 'interleaved-queries'
    ? heads.num_attention_heads
    : (heads.num_key_value_heads ?? heads.num_attention_heads);
}

/** Row j of a head's first half goes to its row 2j, of its second half to 2j + 1: the inverse of what reading does. */
function interleaved(values: Float32Array, rows: number, heads: number): Float32Array {
  const columns = values.length / rows;
  const headRows = rows / heads;
  const ordered = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    const within = row % headRows;
    const half = headRows / 2;
    const target = row - within + 2 * (within % half) + Math.floor(within / half);
    ordered.set(values.subarray(row * columns, (row + 1) * columns), target * columns);
  }
  return ordered;
}

function scaled(values: Float32Array, factor: number): Float32Array {
  return Math.abs(factor - 1) < 1e-12 ? values : values.map((value) => value * factor);
}

function floats({ data }: HostTensor): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from(data);
}
