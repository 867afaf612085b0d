import { join } from 'node:path';
import { loadBaseModel } from '../../engine/api/base-parts.ts';
import type { Workload } from '../workload.ts';
import { nextTokens } from './next-tokens.ts';

interface Texts {
  readonly texts: number;
  readonly tokens: number;
  /** Number of tokens used, from the start of the 4096. */
  readonly vocabulary: number;
}

/** The bundled language model on random texts, LoRA on all linear layers; not among those that are timed beside peers. */
export function smallLlama({ texts, tokens, vocabulary }: Texts): Workload {
  const layers = 8;
  return {
    id: 'small-llama',
    label: 'bundled small-llama',
    detail: `Llama ${layers} × 192, ${texts} × ${tokens} tokens, vocabulary ${vocabulary}; r 8 on all linear layers`,
    layers,
    smallLayers: layers,
    adapter: { targets: 'all-linear', parameters: { r: 8, lora_alpha: 16 } },
    async build({ resources, bfloat16, int8 = false, halves }) {
      return {
        base: await loadBaseModel(join(resources, 'models', 'small-llama'), {
          bfloat16,
          int8,
          ...(halves ? { halves } : {}),
        }),
        labels: null,
        batch: nextTokens(texts, tokens, vocabulary),
        architecture: {
          kind: 'decoder',
          layers,
          heads: 6,
          keyValueHeads: 2,
          hidden: 192,
          tokens,
          epsilon: 1e-5,
          pooling: 'none',
          cutsLastLayer: false,
        },
        extras: new Map(),
      };
    },
  };
}
