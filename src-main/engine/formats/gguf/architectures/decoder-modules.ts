import type { NamedModule } from './architecture.ts';

export const plain = { weight: 'required', bias: 'none' } as const;
export const withBias = { weight: 'required', bias: 'required' } as const;

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

/** Norms of queries and keys before the rotation. */
export const queryKeyNorms: readonly NamedModule[] = [
  { gguf: 'attn_q_norm', transformers: 'self_attn.q_norm', ...plain },
  { gguf: 'attn_k_norm', transformers: 'self_attn.k_norm', ...plain },
];

/** Modules with these names in GGUF files, with the names in transformers that `names` gives them. */
export function renamed(modules: readonly NamedModule[], names: Readonly<Record<string, string>>): NamedModule[] {
  return modules.map((module) => ({ ...module, transformers: names[module.gguf] ?? module.transformers }));
}

/** Norms whose scales are stored with 1 added, as Gemma's are. */
export function plusOne(modules: readonly NamedModule[]): NamedModule[] {
  return modules.map((module) => (module.gguf.endsWith('norm') ? { ...module, rearranged: 'plus-one' } : module));
}

/** Modules of a layer whose feed-forward part is a mixture: those of its attention, the router and a matrix for each expert. */
export function mixtureModules(
  modules: readonly NamedModule[],
  names: { readonly module: string; readonly gate: string; readonly up: string; readonly down: string },
): NamedModule[] {
  const expert = (gguf: string, linear: string): NamedModule => ({
    gguf,
    transformers: `${names.module}.experts.*.${linear}`,
    ...plain,
    isOfExperts: true,
  });
  return [
    ...modules.filter(({ gguf }) => !['ffn_gate', 'ffn_up', 'ffn_down'].includes(gguf)),
    { gguf: 'ffn_gate_inp', transformers: `${names.module}.gate`, ...plain },
    expert('ffn_gate_exps', names.gate),
    expert('ffn_up_exps', names.up),
    expert('ffn_down_exps', names.down),
  ];
}
