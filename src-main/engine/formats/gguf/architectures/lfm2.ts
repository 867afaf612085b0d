import type { GgufFile } from '../gguf-file.ts';
import type { GgufArchitecture, HeadCounts } from './architecture.ts';
import { decoderConfig, layerCount, ownNumber, usualDecoder } from './decoder-config.ts';
import { plain } from './decoder-modules.ts';

/** Modules of the layers with attention or of those with a convolution. */
const some = { weight: 'optional', bias: 'none' } as const;
const convolution = { weight: 'optional', bias: 'optional' } as const;

/** LFM2: layers without heads of keys and values have a convolution in place of attention. */
export const lfm2: GgufArchitecture = {
  id: 'lfm2',
  modelTypes: ['lfm2'],
  ...usualDecoder,
  headCounts,
  layerModules: [
    { gguf: 'attn_norm', transformers: 'operator_norm', ...plain },
    { gguf: 'attn_q', transformers: 'self_attn.q_proj', ...some },
    { gguf: 'attn_k', transformers: 'self_attn.k_proj', ...some },
    { gguf: 'attn_v', transformers: 'self_attn.v_proj', ...some },
    { gguf: 'attn_output', transformers: 'self_attn.out_proj', ...some },
    { gguf: 'attn_q_norm', transformers: 'self_attn.q_layernorm', ...some },
    { gguf: 'attn_k_norm', transformers: 'self_attn.k_layernorm', ...some },
    { gguf: 'shortconv.conv', transformers: 'conv.conv', ...convolution, rearranged: 'convolution' },
    { gguf: 'shortconv.in_proj', transformers: 'conv.in_proj', ...convolution },
    { gguf: 'shortconv.out_proj', transformers: 'conv.out_proj', ...convolution },
    { gguf: 'ffn_norm', transformers: 'ffn_norm', ...plain },
    { gguf: 'ffn_gate', transformers: 'feed_forward.w1', ...plain },
    { gguf: 'ffn_up', transformers: 'feed_forward.w3', ...plain },
    { gguf: 'ffn_down', transformers: 'feed_forward.w2', ...plain },
  ],
  otherModules: [
    { gguf: 'token_embd', transformers: 'model.embed_tokens', ...plain },
    { gguf: 'token_embd_norm', transformers: 'model.embedding_norm', ...plain },
    { gguf: 'output', transformers: 'lm_head', ...some },
  ],
  config: async (file) => {
    const shared = await decoderConfig(file, { heads: headCounts(file) });
    const isConvolution = (index: number) => file.tensors.has(`blk.${index}.shortconv.conv.weight`);
    return {
      architectures: ['Lfm2ForCausalLM'],
      model_type: 'lfm2',
      ...shared,
      norm_eps: shared['rms_norm_eps'],
      layer_types: Array.from({ length: layerCount(file) }, (_, index) =>
        isConvolution(index) ? 'conv' : 'full_attention',
      ),
      conv_L_cache: ownNumber(file, 'shortconv.l_cache') ?? 3,
      conv_bias: [...file.tensors.keys()].some((name) => name.endsWith('.shortconv.conv.bias')),
      block_auto_adjust_ff_dim: false,
    };
  },
};

function headCounts({ metadata }: GgufFile): HeadCounts {
  const heads = metadata.requiredCount('lfm2.attention.head_count');
  const width = metadata.requiredCount('lfm2.embedding_length');
  const keyValueHeads = Math.max(1, ...(metadata.numbers('lfm2.attention.head_count_kv') ?? [heads]));
  return { heads, keyValueHeads, headDimension: Math.floor(width / heads) };
}
