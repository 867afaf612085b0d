import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadBaseModel } from '../../engine/api/base-parts.ts';
import { type LlamaShape, llamaConstants, llamaShapes, makeLlamaFolder } from '../llama-folder.ts';
import type { Workload } from '../workload.ts';
import { nextTokens } from './next-tokens.ts';

/** Shape of the reduced workloads. */
const smallShape: LlamaShape = { layers: 2, hidden: 64, heads: 4, keyValueHeads: 2, inner: 160, vocabulary: 500 };

const adapter = { targets: 'all-linear', parameters: { r: 16, lora_alpha: 32 } } as const;

interface LlamaPlan {
  readonly id: string;
  readonly label: string;
  readonly shape: LlamaShape;
  readonly batch: number;
  readonly tokens: number;
}

/** Fine-tuning of a Llama-shaped base as people do it: stored in bfloat16, grouped heads, LoRA on all linear layers. */
function llamaWorkload({ id, label, shape, batch: usual, tokens: length }: LlamaPlan): Workload {
  const { layers, hidden, heads, keyValueHeads, inner, vocabulary } = shape;
  return {
    id,
    label,
    detail: `Llama ${layers} × ${hidden}, ${heads} heads, ${keyValueHeads} of keys and values, mlp ${inner} gated, ${usual} × ${length} tokens, vocabulary ${vocabulary}, stored in bfloat16; r 16 on all linear layers`,
    layers,
    smallLayers: smallShape.layers,
    adapter,
    isLarge: true,
    async build({ small, bfloat16, int8 = false, folder, batch: given, tokens: asked }) {
      const used = small ? smallShape : shape;
      const tokens = asked ?? (small ? 16 : length);
      const batch = given ?? (small ? 2 : usual);
      const directory = join(folder, `${id}${small ? '-small' : ''}`);
      if (!existsSync(join(directory, 'config.json'))) await makeLlamaFolder(directory, used, 'BF16');
      return {
        base: await loadBaseModel(directory, { bfloat16, int8 }),
        labels: null,
        batch: nextTokens(batch, tokens, used.vocabulary),
        architecture: {
          kind: 'decoder',
          layers: used.layers,
          heads: used.heads,
          keyValueHeads: used.keyValueHeads,
          hidden: used.hidden,
          tokens,
          ...llamaConstants,
          pooling: 'none',
          cutsLastLayer: false,
        },
        extras: new Map(),
        stored: { file: join(directory, 'model.safetensors'), names: storedNames(used.layers) },
      };
    },
  };
}

/** The peer's names → the checkpoint's. */
function storedNames(layers: number): Record<string, string> {
  const names: Record<string, string> = {
    'embedding.weight': 'model.embed_tokens.weight',
    'norm.weight': 'model.norm.weight',
  };
  for (let layer = 0; layer < layers; layer++) {
    const put = (name: string, stored: string) => {
      names[`layers.${layer}.${name}.weight`] = `model.layers.${layer}.${stored}.weight`;
    };
    for (const name of ['q_proj', 'k_proj', 'v_proj', 'o_proj']) put(name, `self_attn.${name}`);
    for (const name of ['gate_proj', 'up_proj', 'down_proj']) put(name, `mlp.${name}`);
    put('before', 'input_layernorm');
    put('after', 'post_attention_layernorm');
  }
  return names;
}

export const smollm2Shape = llamaWorkload({
  id: 'smollm2',
  label: 'SmolLM2-135M shape',
  shape: llamaShapes.smollm2,
  batch: 4,
  tokens: 512,
});

/** SmolLM2's layers and linears at a quarter of their width: what a step costs outside the kernels, where a device is slow. */
export const narrowSmollm2 = llamaWorkload({
  id: 'smollm2-narrow',
  label: "SmolLM2's layers, narrower",
  shape: { ...llamaShapes.smollm2, hidden: 144, inner: 384, vocabulary: 512 },
  batch: 1,
  tokens: 32,
});

export const llama1bShape = llamaWorkload({
  id: 'llama-1b',
  label: 'Llama 1.2B shape',
  shape: llamaShapes['1.2b'],
  batch: 1,
  tokens: 512,
});
