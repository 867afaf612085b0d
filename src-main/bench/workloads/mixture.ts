import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadBaseModel } from '../../engine/api/base-parts.ts';
import { type LlamaShape, llamaConstants, makeLlamaFolder } from '../llama-folder.ts';
import type { Workload } from '../workload.ts';
import { nextTokens } from './next-tokens.ts';

interface MixturePlan {
  readonly id: string;
  readonly label: string;
  readonly words: string;
  readonly inner: number;
  readonly experts?: NonNullable<LlamaShape['experts']>;
}

const [hidden, heads, layers, vocabulary] = [512, 8, 8, 32_000];
const smallShape: LlamaShape = { layers: 2, hidden: 64, heads: 4, keyValueHeads: 4, inner: 48, vocabulary: 500 };

function mixtureWorkload({ id, label, words, ...own }: MixturePlan): Workload {
  return {
    id,
    label,
    detail: `${words} ${layers} × ${hidden}, ${heads} heads, 8 × 256 tokens, vocabulary ${vocabulary}, stored in bfloat16; r 8 on q_proj and v_proj`,
    layers,
    smallLayers: smallShape.layers,
    isLarge: true,
    isWithoutPeers: true,
    async build({ small, bfloat16, folder, batch: given, tokens: asked }) {
      const shape = small
        ? { ...smallShape, ...own, inner: own.experts ? 24 : 48 }
        : { layers, hidden, heads, keyValueHeads: heads, vocabulary, ...own };
      const tokens = asked ?? (small ? 16 : 256);
      const directory = join(folder, `${id}${small ? '-small' : ''}`);
      if (!existsSync(join(directory, 'config.json'))) await makeLlamaFolder(directory, shape, 'BF16');
      return {
        base: await loadBaseModel(directory, { bfloat16 }),
        labels: null,
        batch: nextTokens(given ?? (small ? 2 : 8), tokens, shape.vocabulary),
        architecture: {
          kind: 'decoder',
          layers: shape.layers,
          heads: shape.heads,
          hidden: shape.hidden,
          tokens,
          ...llamaConstants,
          pooling: 'none',
          cutsLastLayer: false,
        },
        extras: new Map(),
      };
    },
  };
}

export const mixtureShape = mixtureWorkload({
  id: 'mixture',
  label: 'mixture of experts',
  words: 'Mixtral, 2 of 8 experts of 768,',
  inner: 768,
  experts: { count: 8, chosen: 2 },
});

/** The dense model with the active parameters of the mixture. */
export const denseTwin = mixtureWorkload({
  id: 'mixture-dense',
  label: 'dense model as active as the mixture',
  words: 'Llama, mlp 1536 gated,',
  inner: 1536,
});
