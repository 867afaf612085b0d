import { chunkSizes } from '../../../ops/recurrence/token-chunks.ts';
import type { AdapterMemory } from '../../memory.ts';
import {
  keptInput,
  type LinearLayout,
  type NormLayout,
  type PartContents,
  type PartMemory,
  type PartSizes,
  type TensorLayout,
} from '../part.ts';

/** Linear attention by the gated delta rule behind a short convolution (Yang et al. 2024; Qwen 3.5). */
export interface DeltaNetLayout {
  readonly kind: 'delta-net';
  /** Outputs: queries, then keys, then values. */
  readonly input: LinearLayout;
  /** Gate of the result. */
  readonly gate: LinearLayout;
  /** Logits of the share that a token writes into the state, by head. */
  readonly rate: LinearLayout;
  /** Steps whose softplus the state decays by, by head. */
  readonly decay: LinearLayout;
  /** [width, 1, kernel]; the last tap multiplies the token itself. */
  readonly weight: TensorLayout;
  /** Logarithm of the decay for a step of 1, and the bias of the steps. */
  readonly logRate: TensorLayout;
  readonly stepBias: TensorLayout;
  /** Norm of queries and keys, by head: each gets a mean square of 1. It has no tensors. */
  readonly unitNorm: NormLayout;
  /** Norm of the result, by head. */
  readonly norm: NormLayout;
  readonly output: LinearLayout;
  readonly keyHeads: number;
  readonly valueHeads: number;
  readonly keySize: number;
  readonly valueSize: number;
}

interface DeltaNetSizes extends Pick<DeltaNetLayout, 'keyHeads' | 'valueHeads' | 'keySize' | 'valueSize'> {
  readonly hidden: number;
  readonly kernel: number;
  readonly epsilon: number;
}

/** Added to the squared length of queries and keys before its root, as in Flash Linear Attention. */
const lengthEpsilon = 1e-6;

/** The gated delta-net of the module `name`, with the names of Qwen 3.5. */
export function deltaNetLayout(name: string, { hidden, kernel, epsilon, ...sizes }: DeltaNetSizes): DeltaNetLayout {
  const { keyHeads, valueHeads, keySize, valueSize } = sizes;
  const values = valueHeads * valueSize;
  const width = 2 * keyHeads * keySize + values;
  const norm = { kind: 'rms', offset: 0, hasShift: false } as const;
  const linear = (own: string, outFeatures: number): LinearLayout => ({
    name: `${name}.${own}`,
    inFeatures: hidden,
    outFeatures,
    hasBias: false,
  });
  return {
    kind: 'delta-net',
    input: linear('in_proj_qkv', width),
    gate: linear('in_proj_z', values),
    rate: linear('in_proj_b', valueHeads),
    decay: linear('in_proj_a', valueHeads),
    weight: { name: `${name}.conv1d.weight`, shape: [width, 1, kernel] },
    logRate: { name: `${name}.A_log`, shape: [valueHeads] },
    stepBias: { name: `${name}.dt_bias`, shape: [valueHeads] },
    unitNorm: { ...norm, name: `${name}.unit`, size: keySize, epsilon: lengthEpsilon / keySize, hasScale: false },
    norm: { ...norm, name: `${name}.norm`, size: valueSize, epsilon, hasScale: true },
    output: { name: `${name}.out_proj`, inFeatures: values, outFeatures: hidden, hasBias: false },
    ...sizes,
  };
}

export function deltaNetContents(layout: DeltaNetLayout): PartContents {
  const { weight, logRate, stepBias, unitNorm, norm, output } = layout;
  return {
    linears: [...inputLinears(layout), output],
    norms: [unitNorm, norm],
    tensors: [weight, logRate, stepBias],
  };
}

function inputLinears({ input, gate, rate, decay }: DeltaNetLayout): LinearLayout[] {
  return [input, gate, rate, decay];
}

/**
 * Tensors of the backward pass of the rule, by their number at its peak: pairs of tokens of a chunk, keys, values and states
 * before each chunk, of all chunks and heads.
 */
function ruleMemory({ valueHeads, keySize, valueSize }: DeltaNetLayout, { batch, tokens }: PartSizes): number[] {
  const { chunks, length } = chunkSizes(batch, tokens);
  const heads = batch * chunks * valueHeads;
  return [
    ...Array.from({ length: 12 }, () => heads * length * length),
    ...Array.from({ length: 9 }, () => heads * length * keySize),
    ...Array.from({ length: 9 }, () => heads * length * valueSize),
    ...Array.from({ length: 8 }, () => heads * keySize * valueSize),
  ];
}

/** Each operation between the linears keeps its operands: the states of the rule are computed again from them. */
export function deltaNetMemory(layout: DeltaNetLayout, sizes: PartSizes, adapters: AdapterMemory): PartMemory {
  const { input, output, keyHeads, keySize, valueHeads } = layout;
  const rows = sizes.batch * sizes.tokens;
  const [width, values] = [rows * input.outFeatures, rows * output.inFeatures];
  const keys = rows * keyHeads * keySize;
  const heads = rows * valueHeads;
  return {
    input: keptInput(rows, inputLinears(layout), adapters),
    kept: [
      ...[width, width], // inputs of the convolution and of its activation
      ...[keys, keys, keys, keys], // queries and keys, and both normalized
      ...[values, values], // values, the rule's result
      ...[values, values], // the result normalized, its gate
      ...[heads, heads, heads, heads], // decays and rates, and what they are made of
      ...keptInput(rows, [output], adapters),
    ],
    working: ruleMemory(layout, sizes),
  };
}
