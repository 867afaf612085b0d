import { sameBytes } from '../tensor-values.ts';
import type { GgufArchitecture } from './architecture.ts';
import { headCounts, layerCount } from './decoder-config.ts';
import { shortest } from './shortest.ts';

const both = { weight: 'required', bias: 'required' } as const;

/** GPT-2: learned positions, and weights that transformers stores transposed. */
export const gpt2: GgufArchitecture = {
  id: 'gpt2',
  modelTypes: ['gpt2'],
  layersPrefix: 'transformer.h',
  layerModules: [
    { gguf: 'attn_norm', transformers: 'ln_1', ...both },
    { gguf: 'attn_qkv', transformers: 'attn.c_attn', ...both, rearranged: 'transposed' },
    { gguf: 'attn_output', transformers: 'attn.c_proj', ...both, rearranged: 'transposed' },
    { gguf: 'ffn_norm', transformers: 'ln_2', ...both },
    { gguf: 'ffn_up', transformers: 'mlp.c_fc', ...both, rearranged: 'transposed' },
    { gguf: 'ffn_down', transformers: 'mlp.c_proj', ...both, rearranged: 'transposed' },
  ],
  otherModules: [
    { gguf: 'token_embd', transformers: 'transformer.wte', weight: 'required', bias: 'none' },
    { gguf: 'position_embd', transformers: 'transformer.wpe', weight: 'required', bias: 'none' },
    { gguf: 'output_norm', transformers: 'transformer.ln_f', ...both },
    { gguf: 'output', transformers: 'lm_head', weight: 'optional', bias: 'none' },
  ],
  configTensors: [],
  layerCount,
  headCounts,
  async config(file) {
    const { metadata, tensors } = file;
    const width = metadata.requiredCount('gpt2.embedding_length');
    return {
      architectures: ['GPT2LMHeadModel'],
      model_type: 'gpt2',
      n_embd: width,
      n_layer: layerCount(file),
      n_head: headCounts(file).heads,
      n_inner: metadata.requiredCount('gpt2.feed_forward_length'),
      n_positions: tensors.get('position_embd.weight')?.shape[0] ?? metadata.requiredCount('gpt2.context_length'),
      activation_function: 'gelu_new',
      layer_norm_epsilon: shortest(metadata.number('gpt2.attention.layer_norm_epsilon') ?? 1e-5),
      // llama.cpp writes the embedding a second time for the head.
      tie_word_embeddings: await sameBytes(file, 'output.weight', 'token_embd.weight'),
      vocab_size: tensors.get('token_embd.weight')?.shape[0] ?? 0,
      attn_pdrop: 0,
      embd_pdrop: 0,
      resid_pdrop: 0,
    };
  },
};
