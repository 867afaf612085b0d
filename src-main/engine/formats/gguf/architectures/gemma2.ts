import type { GgufFile } from '../gguf-file.ts';
import type { GgufArchitecture, NamedModule } from './architecture.ts';
import { decoderConfig, headCounts, layerCount, ownNumber, usualDecoder } from './decoder-config.ts';
import { decoderModules, gatedLayerModules, plain, plusOne, renamed } from './decoder-modules.ts';

const behind: readonly NamedModule[] = [
  { gguf: 'post_attention_norm', transformers: 'post_attention_layernorm', ...plain },
  { gguf: 'post_ffw_norm', transformers: 'post_feedforward_layernorm', ...plain },
];

/** Modules of a layer of Gemma 2, whose norms stand before and behind both parts. */
export const gemma2LayerModules: readonly NamedModule[] = plusOne([
  ...renamed(gatedLayerModules({ bias: 'none', outputBias: 'none', interleaved: false }), {
    ffn_norm: 'pre_feedforward_layernorm',
  }),
  ...behind,
]);

/** Gemma 2: bent scores and logits, and a sliding window in every second layer. */
export const gemma2: GgufArchitecture = {
  id: 'gemma2',
  modelTypes: ['gemma2'],
  ...usualDecoder,
  layerModules: gemma2LayerModules,
  otherModules: plusOne(decoderModules),
  config: async (file) => ({
    architectures: ['Gemma2ForCausalLM'],
    model_type: 'gemma2',
    ...(await gemmaConfig(file, 46)),
    attn_logit_softcapping: ownNumber(file, 'attn_logit_softcapping') ?? 50,
    final_logit_softcapping: ownNumber(file, 'final_logit_softcapping') ?? 30,
    sliding_window: ownNumber(file, 'attention.sliding_window') ?? 4096,
  }),
};

/**
 * Common config of Gemma 2 and 3. Files do not have the factor of the scores: llama.cpp knows it by the number of layers.
 * @param largest number of layers of the model of 27 billion parameters, whose factor is that of the hidden size
 */
export async function gemmaConfig(file: GgufFile, largest: number): Promise<Record<string, unknown>> {
  const shared = await decoderConfig(file, { activation: 'gelu_pytorch_tanh' });
  const { heads, headDimension } = headCounts(file);
  const width = Number(shared['hidden_size']);
  return {
    ...shared,
    hidden_activation: 'gelu_pytorch_tanh',
    query_pre_attn_scalar: layerCount(file) === largest ? Math.floor(width / heads) : headDimension,
  };
}
