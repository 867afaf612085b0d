import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { byteSymbols } from '../src-main/engine/api/text.ts';
import { writeSafetensors } from '../src-main/engine/tensors/safetensors.ts';

const hidden = 64;
const end = '<|end|>';

export interface Script {
  /** Jinja. */
  readonly template: string;
  /** Texts that follow one another, each once in all chains. The first one ends a prompt; `<|end|>` follows the last. */
  readonly chains: readonly (readonly string[])[];
  /** Further special tokens. */
  readonly special?: readonly string[];
}

/**
 * Writes a Llama whose greedy answers are known: every text of a chain is one token, and its state points at the next token
 * alone. Other text is tokenized byte by byte.
 */
export async function writeScriptedModel(folder: string, { template, chains, special = [] }: Script): Promise<void> {
  const bytes = [...byteSymbols];
  const texts = [...new Set([end, ...chains.flat().filter((text) => !bytes.includes(text)), ...special])];
  const vocabulary = [...bytes, ...texts];
  const idOf = (text: string) => vocabulary.indexOf(text);
  const states = [...new Set(chains.flat())];
  if (states.length > hidden) throw new Error(`a script has at most ${hidden} texts`);
  const [embeddings, head] = [0, 1].map(() => new Float32Array(vocabulary.length * hidden));
  for (const chain of chains)
    for (const [at, text] of chain.entries()) {
      const state = states.indexOf(text);
      embeddings?.fill(1, idOf(text) * hidden + state, idOf(text) * hidden + state + 1);
      const next = idOf(chain[at + 1] ?? end) * hidden + state;
      head?.fill(2, next, next + 1);
    }
  mkdirSync(folder, { recursive: true });
  const write = (name: string, value: unknown) => writeFileSync(join(folder, name), JSON.stringify(value));
  const inner = 8;
  const tensor = (shape: number[], data = new Float32Array(shape.reduce((size, length) => size * length, 1))) => ({
    shape,
    data,
  });
  const layer = 'model.layers.0';
  await writeSafetensors(
    join(folder, 'model.safetensors'),
    new Map([
      ['model.embed_tokens.weight', tensor([vocabulary.length, hidden], embeddings)],
      ['lm_head.weight', tensor([vocabulary.length, hidden], head)],
      ['model.norm.weight', tensor([hidden], new Float32Array(hidden).fill(1))],
      [`${layer}.input_layernorm.weight`, tensor([hidden], new Float32Array(hidden).fill(1))],
      [`${layer}.post_attention_layernorm.weight`, tensor([hidden], new Float32Array(hidden).fill(1))],
      ...['q', 'k', 'v', 'o'].map(
        (name) => [`${layer}.self_attn.${name}_proj.weight`, tensor([hidden, hidden])] as const,
      ),
      ...['gate', 'up'].map((name) => [`${layer}.mlp.${name}_proj.weight`, tensor([inner, hidden])] as const),
      [`${layer}.mlp.down_proj.weight`, tensor([hidden, inner])],
    ]),
  );
  write('config.json', {
    model_type: 'llama',
    architectures: ['LlamaForCausalLM'],
    hidden_size: hidden,
    intermediate_size: inner,
    num_hidden_layers: 1,
    num_attention_heads: 4,
    num_key_value_heads: 4,
    vocab_size: vocabulary.length,
    max_position_embeddings: 4096,
    rms_norm_eps: 1e-5,
    rope_theta: 10_000,
    hidden_act: 'silu',
    tie_word_embeddings: false,
    eos_token_id: idOf(end),
  });
  write('generation_config.json', { eos_token_id: idOf(end) });
  write('tokenizer.json', {
    version: '1.0',
    added_tokens: texts.map((content) => ({
      id: idOf(content),
      content,
      special: content === end || special.includes(content),
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
    })),
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      vocab: Object.fromEntries(bytes.map((symbol, id) => [symbol, id])),
      merges: [],
    },
  });
  write('tokenizer_config.json', {
    tokenizer_class: 'PreTrainedTokenizerFast',
    chat_template: template,
    eos_token: end,
    clean_up_tokenization_spaces: false,
  });
}
