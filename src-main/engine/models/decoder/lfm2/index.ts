import { decoderLayout, preNormLayer, rmsNormLayout } from '../config.ts';
import { decoderFamily } from '../family.ts';
import { gatedLayout } from '../feed-forward/gated.ts';
import { attentionLayout } from '../mixers/attention.ts';
import { shortConvolutionLayout } from '../mixers/short-convolution.ts';
import { readRope } from '../rope.ts';
import { lfm2Keys, lfm2Sizes } from './config.ts';

/** LFM2 (Liquid AI 2025), with the checkpoints of `Lfm2ForCausalLM`. */
export const lfm2Family = decoderFamily(
  'lfm2',
  {
    id: 'lfm2',
    label: 'LFM2',
    checkpoints: ['LiquidAI/LFM2-350M', 'LiquidAI/LFM2-1.2B'],
    summary: 'Gated convolutions over the last tokens in most layers, attention in the others.',
    paper: { title: 'LFM2 Technical Report', url: 'https://arxiv.org/abs/2511.23404' },
  },
  {
    label: 'an LFM2',
    keys: lfm2Keys,
    layout: (keys, file) => {
      const sizes = lfm2Sizes(file, keys);
      const norm = (name: string, size = sizes.hidden) => rmsNormLayout(name, size, keys.norm_eps);
      const attention = (name: string) =>
        attentionLayout(name, sizes, {
          outputName: 'out_proj',
          queryNorm: norm(`${name}.q_layernorm`, sizes.headSize),
          keyNorm: norm(`${name}.k_layernorm`, sizes.headSize),
        });
      const convolution = (name: string) =>
        shortConvolutionLayout(name, { ...sizes, kernel: keys.conv_L_cache, hasBias: keys.conv_bias });
      const feedForward = (name: string) =>
        gatedLayout(name, sizes, { names: { gate: 'w1', up: 'w3' }, downName: 'w2' });
      return decoderLayout(keys, {
        architecture: 'Lfm2ForCausalLM',
        ropes: [readRope(file, keys, { ...sizes, theta: 1_000_000 })],
        finalNorm: norm('model.embedding_norm'),
        isTied: sizes.isTied,
        layer: (name, index) =>
          preNormLayer(
            { beforeMixer: norm(`${name}.operator_norm`), beforeFeedForward: norm(`${name}.ffn_norm`) },
            {
              mixer: sizes.isAttention(index) ? attention(`${name}.self_attn`) : convolution(`${name}.conv`),
              feedForward: feedForward(`${name}.feed_forward`),
            },
          ),
      });
    },
  },
);
