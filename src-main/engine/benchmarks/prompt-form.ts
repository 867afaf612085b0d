import { StudioError } from '../../../src-shared/contract/errors.ts';
import { type ChatRenderer, chatRenderer } from '../tokenization/chat-template.ts';
import { readTokenizerFiles } from '../tokenization/tokenizer-files.ts';

/** A part of a prompt, and what follows it where the prompt is plain text. */
export interface Turn {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
  readonly delimiter: string;
}

/** Rules for joining the parts of a prompt to one text. */
export interface PromptForm {
  /** lm-eval's system_instruction: before the description of a task. */
  readonly system: string | null;
  /** lm-eval's apply_chat_template; null: plain text. */
  readonly chat: ChatRenderer | null;
  /** lm-eval's fewshot_as_multiturn: examples are turns of their own, or all are in the question's. */
  readonly isMultiturn: boolean;
}

export interface PromptOptions {
  readonly system: string | null;
  readonly isMultiturn: boolean;
  /** The model whose chat template is applied; null: none is. */
  readonly templateOf: string | null;
}

export const plainPrompt: PromptForm = { system: null, chat: null, isMultiturn: true };

/** @throws StudioError refused for a model without a chat template */
export async function promptForm({ system, isMultiturn, templateOf }: PromptOptions): Promise<PromptForm> {
  if (templateOf === null) return { system, isMultiturn, chat: null };
  const files = await readTokenizerFiles(templateOf);
  const chat = chatRenderer({ files });
  if (chat !== null) return { system, isMultiturn, chat };
  throw new StudioError(
    'refused',
    `${files.configFile} has no chat_template: the model was not made for conversations.`,
    'Run the benchmark without a chat template.',
  );
}

/** The text of a prompt; with a chat template up to where the answer begins, or after `prefix`, with which it does. */
export function promptText(turns: readonly Turn[], { chat, isMultiturn }: PromptForm, prefix: string): string {
  if (chat === null) return joined(turns);
  const messages = (isMultiturn ? turns : inOneTurn(turns)).map(({ role, content }) => ({ role, content }));
  try {
    return rendered(chat, messages, prefix);
  } catch (thrown) {
    const others = messages.filter(({ role }) => role !== 'system');
    // Follows lm-eval if a template rejects the role.
    if (!(thrown instanceof StudioError && thrown.code === 'refused') || others.length === messages.length)
      throw thrown;
    return rendered(chat, others, prefix);
  }
}

/** Two texts, with a delimiter between them where neither has white space. */
export function delimited(before: string, after: string, delimiter: string): string {
  return needsDelimiter(before, after) ? before + delimiter + after : before + after;
}

/** Returns true if both texts exist and neither has white space at the joint. */
export function needsDelimiter(before: string, after: string): boolean {
  return /\S$/.test(before) && /^\S/.test(after);
}

function joined(turns: readonly Turn[]): string {
  return turns.map(({ content, delimiter }) => content + delimiter).join('');
}

/** The examples and the question as one turn, after the system's and before the beginning of an answer. */
function inOneTurn(turns: readonly Turn[]): Turn[] {
  const system = turns.filter(({ role }) => role === 'system').slice(0, 1);
  const rest = turns.slice(system.length);
  const begun = rest.at(-1)?.role === 'assistant' ? rest.slice(-1) : [];
  const asked = rest.slice(0, rest.length - begun.length);
  const last = asked.at(-1);
  const content = joined(asked.slice(0, -1)) + (last?.content ?? '');
  return [...system, { role: 'user', content, delimiter: '' }, ...begun];
}

/** Marks where an answer that has begun is cut, as Transformers' continue_final_message does. */
const continued = 'CONTINUE_FINAL_MESSAGE_TAG ';

function rendered(chat: ChatRenderer, messages: readonly Omit<Turn, 'delimiter'>[], prefix: string): string {
  if (prefix === '') return chat(messages, true);
  const marked = messages.map((message, index) =>
    index === messages.length - 1 ? { ...message, content: message.content + continued } : message,
  );
  const text = chat(marked, false);
  const end = text.lastIndexOf(continued.trim());
  if (end < 0 || !text.includes(prefix.trim()))
    throw new StudioError(
      'refused',
      'The chat template leaves out the beginning of an answer (gen_prefix).',
      'Run the benchmark without a chat template.',
    );
  const whole = text.slice(0, end);
  // A template may trim what is said.
  return text.startsWith(continued, end) ? whole : whole.trimEnd();
}
