import { alpaca } from './alpaca.ts';
import { chatml } from './chatml.ts';
import { gemma } from './gemma.ts';
import { llama3 } from './llama3.ts';
import { mistral } from './mistral.ts';
import type { KnownTemplate } from './template.ts';
import { zephyr } from './zephyr.ts';

/** Published formats of conversations, in display order. */
export const knownTemplates: readonly KnownTemplate[] = [chatml, llama3, mistral, gemma, zephyr, alpaca];
