import type { ModelFamily } from '../family.ts';
import { bertFamily } from './bert.ts';
import { clipFamily } from './clip.ts';
import { debertaV2Family } from './deberta-v2.ts';
import { distilbertFamily } from './distilbert.ts';
import { gpt2Family } from './gpt2.ts';
import { llamaFamily } from './llama.ts';
import { mistralFamily } from './mistral.ts';
import { qwen2Family } from './qwen2.ts';
import { qwen3Family } from './qwen3.ts';
import { robertaFamily } from './roberta.ts';
import { useLiteFamily } from './use-lite.ts';
import { vitFamily } from './vit.ts';
import { xlmRobertaFamily } from './xlm-roberta.ts';

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
  useLiteFamily,
  vitFamily,
  xlmRobertaFamily,
];
