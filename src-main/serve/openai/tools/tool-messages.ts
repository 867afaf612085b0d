import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ChatMessage } from '../../../../src-shared/domain/generation/chat-message.ts';
import { HttpError } from '../../http/http-error.ts';
import { isJson } from './json-text.ts';
import type { TemplateTools } from './template-tools.ts';

export const callSchema = z.looseObject({
  id: z.string(),
  type: z.string().default('function'),
  function: z.looseObject({ name: z.string(), arguments: z.string() }),
});

const callsSchema = z.array(callSchema).catch([]);

/** Calls of an earlier answer. */
function callsOf(message: ChatMessage): z.infer<typeof callsSchema> {
  return callsSchema.parse(message['tool_calls'] ?? []);
}

/** Returns true if the conversation calls tools or has their results. */
export function hasToolMessages(messages: readonly ChatMessage[]): boolean {
  return messages.some((message) => message.role === 'tool' || callsOf(message).length > 0);
}

/**
 * Returns a conversation as the template of a model reads it: with arguments in its form, ids in its shape, and the name of
 * the function beside each result. Calls that the template leaves out are written into the content.
 * @throws HttpError 400 for arguments that are no JSON object, for a result of no call, and for what the template drops
 */
export function templateMessages(messages: readonly ChatMessage[], template: TemplateTools): ChatMessage[] {
  const { format, readsCalls, readsResults, argumentsAre } = template;
  const idOf = idsOfLength(format?.idLength ?? null);
  const names = new Map<string, string>();
  return messages.map((message, index) => {
    const refuse = (field: string, problem: string): never => {
      throw new HttpError(400, `messages.${index}.${field} ${problem}`, 'invalid_value', `messages.${index}.${field}`);
    };
    if (message.role === 'tool') {
      if (!readsResults) refuse('role', "is tool, but the model's chat template leaves results of tools out.");
      const id = message['tool_call_id'];
      const name = typeof id === 'string' ? names.get(id) : undefined;
      if (typeof id !== 'string' || name === undefined)
        return refuse('tool_call_id', 'names no call of an earlier message: give the id of one of its tool_calls.');
      return { ...message, name: message['name'] ?? name, tool_call_id: idOf(id) };
    }
    const calls = callsOf(message);
    if (calls.length === 0) return message;
    for (const [at, { id, function: own }] of calls.entries()) {
      names.set(id, own.name);
      if (!isJson(own.arguments) || !own.arguments.trim().startsWith('{'))
        refuse(`tool_calls.${at}.function.arguments`, 'is not the JSON of an object.');
    }
    if (readsCalls)
      return {
        ...message,
        tool_calls: calls.map(({ id, function: { name, arguments: text } }) => ({
          id: idOf(id),
          type: 'function',
          function: { name, arguments: argumentsAre === 'string' ? text : JSON.parse(text) },
        })),
      };
    if (format === null)
      return refuse('tool_calls', "is left out by the model's chat template, in a form that is not known.");
    const { tool_calls: _, ...rest } = message;
    const written = format.write(calls.map(({ function: own }) => own));
    return { ...rest, content: [message.content, written].filter((text) => text !== '').join('\n') };
  });
}

/** Returns ids of a fixed length for ids of another shape: equal ones for equal ids. */
function idsOfLength(length: number | null): (id: string) => string {
  return (id) => {
    if (length === null || new RegExp(`^[a-zA-Z0-9]{${length}}$`).test(id)) return id;
    return createHash('sha256').update(id).digest('hex').slice(0, length);
  };
}
