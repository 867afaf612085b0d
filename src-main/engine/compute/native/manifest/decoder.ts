import type { KernelFamily } from './kernel-spec.ts';

export const decoder: KernelFamily = {
  title: 'a decoder in one call (decoder_step.cc, of the kernels above)',
  kernels: [],
  functions: [
    {
      name: 'decoder_step',
      doc: `All layers of a decoder of Llama's family for the next token of each row (DecoderStep). \`layers\` has 61 numbers a layer:
the window (0: none), the scales of the norms before attention and before the feed-forward part, those of queries and keys by head (0:
none), and for q, k, v, o, gate, up and down the weight, whether it is frozen, the bias or 0, a and b of LoRA or 0, its rank, its
scaling, and whether the product may run in bfloat16.`,
      params: 'DecoderStep step, Float64Array layers',
    },
  ],
};
