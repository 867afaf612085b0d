import type { ToolFormat } from '../tool-format.ts';
import { argumentTags } from './argument-tags.ts';
import { cohere } from './cohere-actions.ts';
import { deepseek } from './deepseek-calls.ts';
import { functionTags } from './function-tags.ts';
import { granite } from './granite-list.ts';
import { hermes } from './hermes.ts';
import { llama } from './llama3-json.ts';
import { mistralArguments } from './mistral-arguments.ts';
import { mistral } from './mistral-list.ts';
import { pythonCalls } from './python-calls.ts';

/** All forms of tool calls. The bare JSON of Llama is last: it is a part of others. */
export const toolFormats: readonly ToolFormat[] = [
  hermes,
  functionTags,
  argumentTags,
  mistral,
  mistralArguments,
  granite,
  cohere,
  deepseek,
  pythonCalls,
  llama,
];
