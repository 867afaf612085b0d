import type { RotatedColumns } from '../../../ops/attention/rotary.ts';
import type { AdapterMemory } from '../../memory.ts';
import {
  keptInput,
  type LinearLayout,
  type NormLayout,
  type PartContents,
  type PartMemory,
  type PartSizes,
} from '../part.ts';

/** Queries, keys and values of three linears. */
interface SeparateProjections {
  readonly q: LinearLayout;
  readonly k: LinearLayout;
  readonly v: LinearLayout;
}

/** Queries, keys and values of one linear, whose outputs are cut. */
interface FusedProjections {
  readonly fused: LinearLayout;
  /** 'parts': all queries, then all keys, then all values; 'heads': query, key and value of each head (GPT-NeoX). */
  readonly order: 'parts' | 'heads';
}

export interface RotaryLayout extends RotatedColumns {
  /** Places in the layout's list of ropes; they differ if queries are scaled by position (Ministral 3). */
  readonly queries: number;
  readonly keys: number;
}

export interface AttentionLayout {
  readonly kind: 'attention';
  readonly projections: SeparateProjections | FusedProjections;
  readonly output: LinearLayout;
  readonly heads: number;
  /** Heads of keys and values; each serves heads / keyValueHeads heads of queries. */
  readonly keyValueHeads: number;
  readonly headSize: number;
  /** Norms of queries and keys before the rotation, by head (Qwen 3) or across all heads (OLMo 2). */
  readonly queryNorm: NormLayout | null;
  readonly keyNorm: NormLayout | null;
  /** Null: no rotation. */
  readonly rotary: RotaryLayout | null;
  /** False: tokens attend to later ones too. */
  readonly isCausal: boolean;
  /** Sliding window in tokens; 0: no limit. */
  readonly window: number;
  /** Factor of the products of queries and keys. */
  readonly scale: number;
  /** Scores are bent to softcap · tanh(scores / softcap) (Gemma 2); 0: they stay. */
  readonly softcap: number;
  /** Name of the tensor with a score for each head that takes part in the softmax alone (gpt-oss). */
  readonly sinks: string | null;
  /** True if the linear of the queries also makes a gate of each head's result, behind its query (Qwen 3.5). */
  readonly isGated: boolean;
}

export interface AttentionSizes {
  readonly hidden: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
}

export type AttentionOptions = Partial<Omit<AttentionLayout, 'kind' | 'projections' | 'output' | 'rotary'>> & {
  /** Names of the linears within the module. */
  readonly names?: { readonly q: string; readonly k: string; readonly v: string } | FusedNames;
  readonly outputName?: string;
  readonly hasBias?: boolean;
  readonly hasOutputBias?: boolean;
  readonly rotary?: (Partial<RotaryLayout> & Pick<RotaryLayout, 'keys'>) | null;
};

interface FusedNames {
  readonly fused: string;
  readonly order: FusedProjections['order'];
}

const usualNames = { q: 'q_proj', k: 'k_proj', v: 'v_proj' } as const;

/** Attention of the module `name`: Llama's where no option says otherwise. */
export function attentionLayout(
  name: string,
  { hidden, heads, keyValueHeads, headSize }: AttentionSizes,
  options: AttentionOptions = {},
): AttentionLayout {
  const {
    names = usualNames,
    outputName = 'o_proj',
    hasBias = false,
    hasOutputBias = false,
    rotary,
    isGated = false,
    ...rest
  } = options;
  const [queries, keys] = [heads * headSize, keyValueHeads * headSize];
  const linear = (own: string, outFeatures: number): LinearLayout => ({
    name: `${name}.${own}`,
    inFeatures: hidden,
    outFeatures,
    hasBias,
  });
  return {
    kind: 'attention',
    projections:
      'fused' in names
        ? { fused: linear(names.fused, queries + 2 * keys), order: names.order }
        : { q: linear(names.q, isGated ? 2 * queries : queries), k: linear(names.k, keys), v: linear(names.v, keys) },
    output: { name: `${name}.${outputName}`, inFeatures: queries, outFeatures: hidden, hasBias: hasOutputBias },
    ...{ heads, keyValueHeads, headSize },
    queryNorm: null,
    keyNorm: null,
    rotary:
      rotary === null ? null : { queries: rotary?.keys ?? 0, keys: 0, size: headSize, pairs: 'halves', ...rotary },
    isCausal: true,
    window: 0,
    scale: 1 / Math.sqrt(headSize),
    softcap: 0,
    sinks: null,
    isGated,
    ...rest,
  };
}

export function attentionContents(layout: AttentionLayout): PartContents {
  const { projections, output, queryNorm, keyNorm, sinks, heads } = layout;
  return {
    linears: [...inputLinears(projections), output],
    norms: [queryNorm, keyNorm].filter((norm) => norm !== null),
    tensors: sinks === null ? [] : [{ name: sinks, shape: [heads] }],
  };
}

function inputLinears(projections: AttentionLayout['projections']): LinearLayout[] {
  return 'fused' in projections ? [projections.fused] : [projections.q, projections.k, projections.v];
}

/** Attention keeps its rotated operands, result and sums; a norm its input; a linear its input only if it is adapted. */
export function attentionMemory(layout: AttentionLayout, sizes: PartSizes, adapters: AdapterMemory): PartMemory {
  const { projections, heads, keyValueHeads, headSize, queryNorm, keyNorm, isGated } = layout;
  const rows = sizes.batch * sizes.tokens;
  const [queries, keys] = [rows * heads * headSize, rows * keyValueHeads * headSize];
  return {
    input: keptInput(rows, inputLinears(projections), adapters),
    kept: [
      queries, // turned
      keys, // turned
      keys, // values
      queries, // what attention gives
      rows * heads, // its sums
      ...(isGated ? [queries] : []),
      ...(queryNorm ? [queries] : []),
      ...(keyNorm ? [keys] : []),
    ],
    working: [],
  };
}
