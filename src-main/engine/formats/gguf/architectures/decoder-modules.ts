import type { NamedModule } from './architecture.ts';

const plain = { weight: 'required', bias: 'none' } as const;

/** Modules of a decoder layer of the Llama architecture; `bias` of its attention by the architecture. */
export function gatedLayerModules(attention: {
  readonly bias: NamedModule['bias'];
  readonly outputBias: NamedModule['bias'];
  readonly interleaved: boolean;
}): NamedModule[] {
  const { bias, outputBias, interleaved } = attention;
  return [
    { gguf: 'attn_norm', transformers: 'input_layernorm', ...plain },
    {
      gguf: 'attn_q',
      transformers: 'self_attn.q_proj',
      weight: 'required',
      bias,
      ...(interleaved ? { rearranged: 'interleaved-queries' } : {}),
    },
    {
      gguf: 'attn_k',
      transformers: 'self_attn.k_proj',
      weight: 'required',
      bias,
      ...(interleaved ? { rearranged: 'interleaved-keys' } : {}),
    },
    { gguf: 'attn_v', transformers: 'self_attn.v_proj', weight: 'required', bias },
    { gguf: 'attn_output', transformers: 'self_attn.o_proj', weight: 'required', bias: outputBias },
    { gguf: 'ffn_norm', transformers: 'post_attention_layernorm', ...plain },
    { gguf: 'ffn_gate', transformers: 'mlp.gate_proj', weight: 'required', bias: outputBias },
    { gguf: 'ffn_up', transformers: 'mlp.up_proj', weight: 'required', bias: outputBias },
    { gguf: 'ffn_down', transformers: 'mlp.down_proj', weight: 'required', bias: outputBias },
  ];
}

export const decoderModules: readonly NamedModule[] = [
  { gguf: 'token_embd', transformers: 'model.embed_tokens', ...plain },
  { gguf: 'output_norm', transformers: 'model.norm', ...plain },
  // Absent if the head is tied to the embedding.
  { gguf: 'output', transformers: 'lm_head', weight: 'optional', bias: 'none' },
];
