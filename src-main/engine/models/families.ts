import { clipFamily } from './clip/index.ts';
import { llamaFamily } from './decoder/llama.ts';
import { mistralFamily } from './decoder/mistral.ts';
import { qwen2Family } from './decoder/qwen2.ts';
import { qwen3Family } from './decoder/qwen3.ts';
import { bertFamily } from './encoder/bert.ts';
import { debertaV2Family } from './encoder/deberta-v2.ts';
import { distilbertFamily } from './encoder/distilbert.ts';
import { robertaFamily } from './encoder/roberta.ts';
import { xlmRobertaFamily } from './encoder/xlm-roberta.ts';
import type { ModelFamily } from './family.ts';
import { gpt2Family } from './gpt2/index.ts';
import { vitFamily } from './vit/index.ts';

/** Every base-model family of the studio. */
export const modelFamilies: readonly ModelFamily[] = [
  bertFamily,
  clipFamily,
  debertaV2Family,
  distilbertFamily,
  gpt2Family,
  llamaFamily,
  mistralFamily,
  qwen2Family,
  qwen3Family,
  robertaFamily,
  vitFamily,
  xlmRobertaFamily,
];
