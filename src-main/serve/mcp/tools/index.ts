import type { Tool } from '../tool.ts';
import { jobTools } from './jobs.ts';
import { libraryTools } from './library.ts';
import { resultTools } from './results.ts';
import { runTools } from './runs.ts';

/** Every tool, in the order in which it is offered. */
export const tools: readonly Tool[] = [...libraryTools, ...runTools, ...resultTools, ...jobTools];
