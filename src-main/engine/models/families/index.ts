import type { ModelFamily } from '../family.ts';
import { gpt2Family } from './gpt2.ts';
import { llamaFamily } from './llama.ts';
import { mistralFamily } from './mistral.ts';
import { qwen2Family } from './qwen2.ts';
import { qwen3Family } from './qwen3.ts';
import { vitFamily } from './vit.ts';

/** Every base-model family of the studio. */
export const modelFamilies: readonly ModelFamily[] = [
  gpt2Family,
  llamaFamily,
  mistralFamily,
  qwen2Family,
  qwen3Family,
  vitFamily,
];
