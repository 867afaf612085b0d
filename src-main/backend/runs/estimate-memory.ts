import type { ComputeId } from '../../../src-shared/domain/app/catalog.ts';
import { type ModelDescription, writesText } from '../../../src-shared/domain/models/model.ts';
import type { MemoryNeed } from '../../../src-shared/results/memory-verdict.ts';
import { type BackendMemory, backendMemory } from '../../engine/api/compute.ts';
import { type AdapterMemory, isLargeModel, type ModelMemory } from '../../engine/api/models.ts';
import { staysEncoded, storedEncodingOf } from '../../engine/api/tensors.ts';

/**
 * Memory of the engine's process before a model is loaded: Node, tfjs and the backend's code (`bench/large-base.mjs
 * --shape tiny`).
 */
export const programBytes = 150e6;
const bytesPerFloat = 4;
const bytesPerBrainFloat = 2;

/** Sizes that determine the memory of a training step. */
export interface StepShape {
  readonly description: ModelDescription;
  readonly memory: ModelMemory;
  readonly adapters: AdapterMemory;
  /** Number of values of each trained tensor: of adapters and of modules_to_save. */
  readonly trained: readonly number[];
  /** Number of values of each frozen tensor of the adapters. */
  readonly fixed: readonly number[];
  /** Number of values of each tensor that training keeps from step to step: the optimizer's moments. */
  readonly optimizer: readonly number[];
  /** Outputs of the head. */
  readonly outputs: number;
  readonly batch: number;
  readonly gradientCheckpointing: boolean;
  /** True if states wait for the backward pass in bfloat16. */
  readonly halvedStates: boolean;
  /** True if products with the frozen linear layers run in 16 bits. */
  readonly halfProducts: boolean;
  /** True if they run in 8-bit integers. */
  readonly int8Products: boolean;
  /** Id of the compute backend. */
  readonly backend: ComputeId;
}

/**
 * Bytes of the engine's process at the peak of a training step, by part: the program, and tensors.
 *
 * - weights: every parameter in float32, but those of a quantized model, and of a large one of 16 bits, as its files have
 *   them; in float32, where the backend packs frozen weights, each linear once more for its product, and from the lowest
 *   adapter up once more for its gradient (in bfloat16 half as large, in int8 a
 *   quarter, where encoded weights are packed too).
 * - adapters n, gradients n, the optimizer's moments (AdamW: 2n), for n trained values; with the adapters, those that
 *   are not trained.
 * - activations: what the layers keep for the backward pass, plus the working memory of the running layer; the largest
 * such sum over the layers. The estimate has every layer on: with CoTo, steps whose lowest layers are off need less.
 * With gradient checkpointing only the layers' inputs are kept, and one layer's own states; halved states are half as
 * large while they wait, and an operation's own are restored for its gradients. With them, the matrices that an adapter
 * makes of an encoded weight.
 * - logits: the head with its gradients.
 */
export function estimateMemory(shape: StepShape): MemoryNeed['memory'] {
  const backend = backendMemory(shape.backend);
  const { memory, batch, trained } = shape;
  const bytes = (values: readonly number[], each = bytesPerFloat) =>
    values.reduce((sum, count) => sum + backend.blockBytes(count * each), 0);
  const adapters = bytes(trained);
  return [
    { part: 'program', bytes: programBytes },
    { part: 'weights', bytes: weightBytes(shape, backend) },
    { part: 'adapters', bytes: adapters + bytes(shape.fixed) },
    { part: 'gradients', bytes: adapters },
    { part: 'optimizer', bytes: bytes(shape.optimizer) },
    { part: 'activations', bytes: bytes(memory.inputs(batch)) + activationBytes(shape, bytes) },
    { part: 'logits', bytes: bytes(memory.head(batch, shape.outputs)) },
  ];
}

/** Bytes of the largest single tensor of a training step: a graphics card binds none above its limit. */
export function largestTensorBytes(shape: StepShape): number {
  const { description, memory, batch, adapters, trained, fixed, outputs } = shape;
  const layers = Array.from({ length: description.layerCount }, (_, index) => memory.layer(index, batch, adapters));
  const values = [
    ...memory.inputs(batch),
    ...layers.flatMap(({ input, kept, working }) => [input, ...kept, ...working]),
    ...memory.head(batch, outputs),
    ...trained,
    ...fixed,
  ];
  const kept = keptWeightBytes(shape);
  const bytesPerWeight = kept === null ? bytesPerFloat : kept / description.parameterCount;
  const matrices = description.linears.map(({ inFeatures, outFeatures }) => inFeatures * outFeatures);
  const most = (counts: readonly number[]) => counts.reduce((largest, count) => Math.max(largest, count), 0);
  return Math.max(
    bytesPerFloat * most(values),
    Math.ceil(bytesPerWeight * most(matrices)),
    bytesPerFloat * (adapters.materializedWeights > 0 ? largestMadeWeight(shape) : 0),
  );
}

function activationBytes(shape: StepShape, bytes: (values: readonly number[], each?: number) => number): number {
  const { memory, batch, adapters, gradientCheckpointing, halvedStates, description } = shape;
  const each = halvedStates ? bytesPerBrainFloat : bytesPerFloat;
  const lowest = lowestAdaptedLayer(shape);
  let held = 0;
  let peak = 0;
  let lastInput = 0;
  for (let index = 0; index < description.layerCount; index++) {
    const layer = memory.layer(index, batch, adapters);
    const own = bytes(layer.kept, each);
    const restored = halvedStates ? bytes(largestTwo(layer.kept)) : 0;
    // Only the hidden states between the layers below the tape were still alive; they are freed here.
    if (index === lowest) held = 0;
    held += bytes([layer.input], each);
    lastInput = bytes([layer.input]);
    const keeps = index >= lowest && !gradientCheckpointing;
    if (keeps) held += own;
    peak = Math.max(peak, held + bytes(layer.working) + restored + (keeps ? 0 : own));
  }
  // The backward passes of the layers begin with the gradient of the last states, when the rest of the head is freed.
  const head = bytes(memory.head(batch, shape.outputs));
  const backward = peak - head + Math.min(head, lastInput);
  return Math.max(held, backward) + madeWeightBytes(shape, bytes);
}

function madeWeightBytes(shape: StepShape, bytes: (values: readonly number[]) => number) {
  const largest = largestMadeWeight(shape);
  return largest === 0 ? 0 : shape.adapters.materializedWeights * bytes([largest]);
}

/** Values of the largest adapted linear, whose adapter decodes its weight; 0 where weights are kept in float32. */
function largestMadeWeight(shape: StepShape): number {
  if (keptWeightBytes(shape) === null) return 0;
  const sizes = shape.description.linears
    .filter(({ name }) => shape.adapters.has(name))
    .map(({ inFeatures, outFeatures }) => inFeatures * outFeatures);
  return Math.max(0, ...sizes);
}

/** The operands of an operation of two. */
function largestTwo(sizes: readonly number[]): number[] {
  return [...sizes].sort((a, b) => b - a).slice(0, 2);
}

/** The layers below run without a tape and keep nothing. */
function lowestAdaptedLayer({ description, adapters }: StepShape): number {
  const layers = description.linears.flatMap(({ layer, name }) =>
    layer !== null && adapters.has(name) ? [layer] : [],
  );
  return Math.min(description.layerCount, ...layers);
}

function weightBytes(shape: StepShape, backend: BackendMemory): number {
  const kept = keptWeightBytes(shape);
  const packed = kept === null || shape.int8Products ? packedBytes(shape, backend) : 0;
  return (kept ?? shape.description.parameterCount * bytesPerFloat) + packed;
}

/** Bytes of the weights where matrices stay encoded; null where they are decoded to float32. */
function keptWeightBytes({ description, backend, halfProducts }: StepShape): number | null {
  const { keepsHalves } = backendMemory(backend);
  const { parameterCount, sizeBytes, encodedBytes = sizeBytes } = description;
  // The description counts matrices of 16 bits in small models as the native backend has them, in float32.
  if (stayAsStored(description, backend)) return keepsHalves ? Math.min(sizeBytes, encodedBytes) : encodedBytes;
  return weightsStayEncoded(description, backend, halfProducts) ? parameterCount * bytesPerBrainFloat : null;
}

/**
 * Returns true if the backend keeps a base's weights encoded like in their files, or rounds them to 16 bits for 16-bit
 * products.
 */
export function weightsStayEncoded(
  description: Pick<ModelDescription, 'parameterCount' | 'dtype'>,
  backend: ComputeId,
  halfProducts: boolean,
): boolean {
  return stayAsStored(description, backend) || (halfProducts && backendMemory(backend).keepsHalves);
}

function stayAsStored(
  { parameterCount, dtype }: Parameters<typeof weightsStayEncoded>[0],
  backend: ComputeId,
): boolean {
  const { encodings, keepsHalves } = backendMemory(backend);
  const encoding = storedEncodingOf(dtype);
  if (encoding === null || !encodings.includes(encoding)) return false;
  return staysEncoded(encoding, keepsHalves || isLargeModel(parameterCount));
}

function packedBytes(shape: StepShape, backend: BackendMemory): number {
  if (!backend.packsFrozenWeights) return 0;
  const lowest = lowestAdaptedLayer(shape);
  let sum = 0;
  const { linears } = shape.description;
  for (const { name, layer, isHead, isMissing, inFeatures, outFeatures } of linears) {
    // The head of a language model is frozen, any other is trained with the adapter.
    const isFrozen = layer !== null || (isHead && !isMissing && writesText(shape.description));
    if (!isFrozen || shape.adapters.replaces(name)) continue;
    const isInteger = shape.int8Products && layer !== null;
    const each = isInteger ? 1 : shape.halfProducts ? bytesPerBrainFloat : bytesPerFloat;
    const once = backend.blockBytes(inFeatures * outFeatures * each);
    sum += layer === null || layer >= lowest ? 2 * once : once;
  }
  return sum;
}
