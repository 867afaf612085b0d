import type { GgufFile } from '../gguf-file.ts';
import { readTensor } from '../tensor-values.ts';
import type { GgufArchitecture } from './architecture.ts';
import { decoderConfig, ownNumber, usualDecoder } from './decoder-config.ts';
import { plain } from './decoder-modules.ts';
import { shortest } from './shortest.ts';

const factors = { short: 'rope_factors_short.weight', long: 'rope_factors_long.weight' } as const;

/** Phi-3, Phi-4 and Phi-4-mini: one linear for queries, keys and values, and one for the gated part. */
export const phi3: GgufArchitecture = {
  id: 'phi3',
  modelTypes: ['phi3'],
  ...usualDecoder,
  layerModules: [
    { gguf: 'attn_norm', transformers: 'input_layernorm', ...plain },
    { gguf: 'attn_qkv', transformers: 'self_attn.qkv_proj', ...plain },
    { gguf: 'attn_output', transformers: 'self_attn.o_proj', ...plain },
    { gguf: 'ffn_norm', transformers: 'post_attention_layernorm', ...plain },
    { gguf: 'ffn_up', transformers: 'mlp.gate_up_proj', ...plain },
    { gguf: 'ffn_down', transformers: 'mlp.down_proj', ...plain },
  ],
  configTensors: Object.values(factors),
  config: async (file) => {
    const shared = await decoderConfig(file, { isPartial: true });
    return {
      architectures: ['Phi3ForCausalLM'],
      model_type: 'phi3',
      ...shared,
      original_max_position_embeddings:
        ownNumber(file, 'rope.scaling.original_context_length') ?? shared['max_position_embeddings'],
      rope_scaling: await longRope(file),
      sliding_window: ownNumber(file, 'attention.sliding_window') || null,
    };
  },
};

/**
 * LongRoPE's divisors, which are tensors in the file; null without them. llama.cpp chooses the short or the long ones by the
 * size of its context, not by the text.
 */
async function longRope(file: GgufFile): Promise<Record<string, unknown> | null> {
  if (!file.tensors.has(factors.short) || !file.tensors.has(factors.long)) return null;
  const read = async (name: string) => Array.from((await readTensor(file, name)).data, (value) => shortest(value));
  const kind = 'longrope';
  return {
    type: kind,
    rope_type: kind,
    short_factor: await read(factors.short),
    long_factor: await read(factors.long),
  };
}
