import type { StudioClient } from '../../../../src-shared/contract/studio-client.ts';
import type { ChatMessage } from '../../../../src-shared/domain/generation/chat-message.ts';
import { toolFormats } from './formats/index.ts';
import type { ToolFormat } from './tool-format.ts';

/** Support of a model's chat template for tools, found by rendering a call of a function. */
export interface TemplateTools {
  /** The form of calls; null if none of the known ones fits. */
  readonly format: ToolFormat | null;
  /** True if tools change the prompt. */
  readonly readsTools: boolean;
  /** True if calls of earlier answers appear in the prompt. */
  readonly readsCalls: boolean;
  /** True if messages of the role tool appear in the prompt. */
  readonly readsResults: boolean;
  /** Form of a call's arguments: Transformers has objects; some templates join texts. */
  readonly argumentsAre: 'object' | 'string';
  /** Text that ends reasoning which the prompt opens; empty if it opens none. */
  readonly closesReasoning: string;
}

const functionName = 'find_harbor';
const [place, result] = ['Reykjavik', 'Keflavik'];
const probeArguments = { place };
const tools = [
  {
    type: 'function',
    function: {
      name: functionName,
      description: 'Finds a harbor.',
      parameters: {
        type: 'object',
        properties: { place: { type: 'string', description: 'Name of a town' } },
        required: ['place'],
      },
    },
  },
];
// Templates of Mistral accept ids of nine characters only.
const callId = 'a1b2c3d4e';
/** Characters of a prompt's end by which the start of an answer is found. */
const promptEnd = 24;
const question: ChatMessage = { role: 'user', content: 'Where is a harbor?' };

function callWith(argument: unknown): ChatMessage {
  const call = { id: callId, type: 'function', function: { name: functionName, arguments: argument } };
  return { role: 'assistant', content: '', tool_calls: [call] };
}

const toolResult: ChatMessage = { role: 'tool', name: functionName, tool_call_id: callId, content: result };

/** Renders a conversation; null if the template refuses it. */
export type Render = (
  messages: ChatMessage[],
  tools: Record<string, unknown>[] | null,
  addGenerationPrompt: boolean,
) => Promise<string | null>;

export function renderOf(client: StudioClient, model: string): Render {
  return async (messages, tools, addGenerationPrompt) =>
    (await client.request('generation.render', { model, messages, tools, addGenerationPrompt })).prompt;
}

export async function readTemplateTools(render: Render): Promise<TemplateTools> {
  const [plain, offered] = [await render([question], null, true), await render([question], tools, true)];
  const readsTools = offered?.includes(functionName) === true && plain !== offered;
  const attempts = [
    { argumentsAre: 'object', call: callWith(probeArguments) },
    { argumentsAre: 'string', call: callWith(JSON.stringify(probeArguments)) },
  ] as const;
  const base = {
    readsTools,
    closesReasoning: offered?.trimEnd().endsWith('<think>') === true ? '\n</think>\n\n' : '',
  };
  let unread: TemplateTools | null = null;
  for (const { argumentsAre, call } of attempts) {
    const text = await render([question, call], tools, false);
    if (text?.includes(place) !== true) continue;
    const answered = await render([question, call, toolResult], tools, true);
    const found = { ...base, readsCalls: true, readsResults: answered?.includes(result) === true, argumentsAre };
    const format = toolFormats.find((known) => readsProbe(known, text, offered ?? '')) ?? null;
    if (format !== null) return { ...found, format };
    unread ??= { ...found, format: null };
  }
  if (unread !== null) return unread;
  // The template leaves calls out: its prompt may name the text that begins them.
  const format = toolFormats.find(
    ({ isOnlyAtStart, begins, signs = [] }) =>
      isOnlyAtStart !== true && [...begins, ...signs].some((text) => offered?.includes(text) === true),
  );
  const written = { role: 'assistant', content: format?.write([{ name: functionName, arguments: '{}' }]) ?? '' };
  const answered = await render([question, written, toolResult], tools, true);
  return {
    ...base,
    format: format ?? null,
    readsCalls: false,
    readsResults: answered?.includes(result) === true,
    argumentsAre: 'object',
  };
}

/**
 * Returns true if a format reads the call of the probe in a rendered conversation.
 * @param prompt the conversation up to the answer
 */
function readsProbe({ begins, isOnlyAtStart, read }: ToolFormat, text: string, prompt: string): boolean {
  const context = {
    isEnd: true,
    functions: new Map(tools.map(({ function: { name, parameters } }) => [name, parameters])),
  };
  for (const begin of begins)
    for (let at = text.indexOf(begin); at >= 0; at = text.indexOf(begin, at + 1)) {
      if (isOnlyAtStart && !text.slice(0, at).trimEnd().endsWith(prompt.trimEnd().slice(-promptEnd))) continue;
      const found = read(text, at, context);
      if (found === null || found === 'unfinished') continue;
      const isProbe = found.calls.some(
        ({ name, arguments: written }) => name === functionName && Object(JSON.parse(written))['place'] === place,
      );
      if (isProbe) return true;
    }
  return false;
}
