import { minP } from './min-p.ts';
import type { LogitsProcessor } from './processor.ts';
import { repetitionPenalty } from './repetition-penalty.ts';
import { temperature } from './temperature.ts';
import { topK } from './top-k.ts';
import { topP } from './top-p.ts';

/** All logits processors, in the order in which Transformers' generate applies them. */
export const logitsProcessors: readonly LogitsProcessor[] = [repetitionPenalty, temperature, topK, topP, minP];
