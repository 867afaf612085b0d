import { describe, expect, it } from 'vitest';
import { lfm2Keys, lfm2Sizes } from '../../../../src-main/engine/models/decoder/lfm2/config.ts';

const plain = {
  hidden_size: 2048,
  intermediate_size: 12_288,
  num_hidden_layers: 4,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  vocab_size: 65_536,
  max_position_embeddings: 128_000,
};
const sizesOf = (keys: object) => {
  const value = { ...plain, ...keys };
  return lfm2Sizes({ path: 'config.json', value }, lfm2Keys.parse(value));
};

describe('the width of the feed-forward part', () => {
  it('is two thirds of the stated width, rounded up to a multiple, as in LFM2-1.2B', () => {
    expect(sizesOf({ block_multiple_of: 256 }).inner).toBe(8192);
    expect(sizesOf({ intermediate_size: 1000 }).inner).toBe(768);
    expect(sizesOf({ intermediate_size: 1000, block_ffn_dim_multiplier: 1.5, block_multiple_of: 100 }).inner).toBe(
      1000,
    );
  });

  it('is the stated width without the adjustment, and prefers the name of the first checkpoints', () => {
    expect(sizesOf({ block_auto_adjust_ff_dim: false }).inner).toBe(12_288);
    expect(sizesOf({ block_auto_adjust_ff_dim: false, block_ff_dim: 6000 }).inner).toBe(6000);
  });
});

describe('the layers with attention', () => {
  const attending = (keys: object) => [0, 1, 2, 3].filter(sizesOf(keys).isAttention);

  it('are those of layer_types, else of full_attn_idxs, else all', () => {
    expect(attending({ layer_types: ['conv', 'full_attention', 'conv', 'conv'], full_attn_idxs: [0] })).toEqual([1]);
    expect(attending({ full_attn_idxs: [2] })).toEqual([2]);
    expect(attending({})).toEqual([0, 1, 2, 3]);
  });

  it('are refused by name if they are of another type', () => {
    expect(() => sizesOf({ layer_types: ['conv', 'mamba', 'conv', 'conv'] })).toThrow(/layer_types is "mamba"/);
  });
});
