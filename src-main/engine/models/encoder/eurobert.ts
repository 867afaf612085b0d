import { z } from 'zod';
import { llamaLayout } from '../decoder/llama-layout.ts';
import { rotaryKeys } from './config.ts';
import { rotaryEncoderFamily } from './rotary-family.ts';

const poolings = { late: 'late', mean: 'mean', bos: 'first' } as const;
const schema = z.object({
  ...rotaryKeys,
  rms_norm_eps: z.number().positive().default(1e-5),
  classifier_pooling: z.enum(['late', 'mean', 'bos']).default('late'),
});

/** EuroBERT (Boizard et al. 2025): `EuroBertForSequenceClassification` and checkpoints of pre-training. */
export const eurobertFamily = rotaryEncoderFamily(
  'eurobert',
  {
    id: 'eurobert',
    label: 'EuroBERT',
    summary: "Multilingual text encoder with Llama's layers, for up to 8192 tokens.",
    paper: {
      title: 'EuroBERT: Scaling Multilingual Encoders for European Languages',
      url: 'https://arxiv.org/abs/2503.05500',
    },
    checkpoints: ['EuroBERT/EuroBERT-210m', 'EuroBERT/EuroBERT-610m'],
  },
  {
    label: 'a EuroBERT',
    keys: schema,
    plan: (keys, file) => {
      const hasBias = keys.attention_bias;
      const body = llamaLayout(file, keys, {
        architecture: 'EuroBertForSequenceClassification',
        head: null,
        hasMlpBias: keys.mlp_bias,
        attention: () => ({ isCausal: false, hasBias, hasOutputBias: hasBias }),
      });
      return {
        body: { ...body, checkpointNames: [[['model.', '']]] },
        pooling: poolings[keys.classifier_pooling],
        dense: { name: 'dense', activation: 'gelu', isOfEncoder: true },
      };
    },
  },
);
