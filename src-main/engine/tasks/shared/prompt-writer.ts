import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { TextExample } from '../../../../src-shared/domain/data/dataset.ts';
import { type AnswerCounts, noAnswers } from '../../../../src-shared/domain/evaluation/answer-counts.ts';
import {
  type ChatMessage,
  isExcluded,
  messageText,
  reasoningOf,
} from '../../../../src-shared/domain/generation/chat-message.ts';
import type { TaskSettings } from '../../../../src-shared/domain/runs/task.ts';
import type { ChatRenderer } from '../../tokenization/chat-template.ts';
import { type ChosenTemplate, chosenTemplate } from '../../tokenization/chosen-template.ts';
import type { TextTokenizer } from '../../tokenization/tokenizer.ts';
import { AnswerSpans } from './answer-spans.ts';
import { sharedLength } from './shared-length.ts';
import { textEnd } from './token-rows.ts';

/** Tokens of an example, and the mark of each (`TokenRow`). */
export interface EncodedText {
  readonly ids: readonly number[];
  readonly marks: readonly number[];
  /** Counts of the answers; absent for what no chat template wrote. */
  readonly answers?: AnswerCounts;
  /** First token of each answer that is in the text. */
  readonly starts?: readonly number[];
}

/** The prompt's tokens, and those of each answer, without what ends it. */
export interface EncodedChoices {
  readonly prompt: readonly number[];
  readonly choices: readonly (readonly number[])[];
  /** Length of each answer as written, in Unicode characters. */
  readonly characters: readonly number[];
}

/** The prompt's tokens, and those of each answer to the end. */
interface EncodedAnswers {
  readonly prompt: readonly number[];
  readonly answers: readonly (readonly number[])[];
}

export type Content = Pick<
  TextExample,
  'text' | 'textPair' | 'prompt' | 'completion' | 'messages' | 'tools' | 'templateKwargs'
>;

const placeholder = /\{(prompt|text|text_pair)\}/g;

/** @throws StudioError invalid_input if the template has no placeholder for the example's text. */
export function refuseEmptyTemplate({ prompt_template }: Pick<TaskSettings, 'prompt_template'>): void {
  if (prompt_template.search(placeholder) >= 0) return;
  throw new StudioError(
    'invalid_input',
    `prompt_template: "${prompt_template.slice(0, 60)}" has no placeholder for the example.`,
    'Write {prompt} (or {text}, {text_pair}) where it goes.',
  ).at('prompt_template');
}

/** The prompt template of the settings with the texts of an example. */
export function filledPrompt(
  { prompt_template }: Pick<TaskSettings, 'prompt_template'>,
  { prompt, text, textPair }: Pick<Content, 'prompt' | 'text' | 'textPair'>,
): string {
  const whole = prompt ?? [text, textPair].filter((part) => part !== null).join('\n');
  const values: Readonly<Record<string, string>> = { prompt: whole, text: text ?? whole, text_pair: textPair ?? '' };
  return prompt_template.replaceAll(placeholder, (_, name: string) => values[name] ?? '');
}

/** Formats examples for a language model: with the chat template that the settings choose, else as plain text. */
export class PromptWriter {
  private readonly tokenizer: TextTokenizer;
  private readonly settings: TaskSettings;
  private readonly template: ChosenTemplate;
  private readonly chat: ChatRenderer | null;
  private readonly end: readonly number[];
  private readonly specials: ReadonlySet<number>;

  constructor(tokenizer: TextTokenizer, settings: TaskSettings) {
    refuseEmptyTemplate(settings);
    this.tokenizer = tokenizer;
    this.settings = settings;
    this.template = chosenTemplate(tokenizer, settings.chat_template);
    this.chat = this.template.render;
    const end = tokenizer.special('eos')?.id;
    this.end = end === undefined ? [] : [end];
    const added = tokenizer.files.tokenizer.added_tokens;
    this.specials = new Set(added.flatMap(({ id, special }) => (special ? [id] : [])));
  }

  /**
   * A training example. The loss covers all of a plain text, a completion with its end token, or the assistant's
   * turns of a conversation, unless `completion_only_loss` is off.
   * @param label completion of a labelled text.
   * @throws StudioError refused for a conversation if the model has no chat template.
   */
  learned(example: Content, label: string | null = null): EncodedText {
    const completion = example.completion ?? label;
    if (example.messages !== null) return this.conversation(example.messages, example);
    if (completion === null) return this.plainText(example.text ?? example.prompt ?? '');
    if (this.chat !== null)
      return this.conversation([this.question(example), { role: 'assistant', content: completion }], {
        templateKwargs: example.templateKwargs,
      });
    const prompt = this.fill(example);
    const ids = this.encode(prompt + completion, true);
    const start = this.settings.completion_only_loss ? sharedLength(ids, this.encode(prompt, true)) : 0;
    return {
      ids: [...ids, ...this.end],
      marks: [...ids.map((_, at) => Number(at >= start)), ...this.end.map(() => textEnd)],
    };
  }

  /**
   * A prompt and whole answers to it, in place of its own completion, as TRL tokenizes preferences: an answer begins where the
   * tokens of either answer differ from those of the prompt alone.
   * @param answers texts, or turns after the messages
   */
  preferred(asked: Content, answers: readonly (string | readonly ChatMessage[])[]): EncodedAnswers {
    const { messages, tools, templateKwargs } = asked;
    const wholes = answers.map((answer) => {
      if (typeof answer === 'string') return this.learned({ ...asked, completion: answer }).ids;
      const talk = [...(messages ?? []), ...answer];
      return this.encode(this.requireChat()(talk, false, tools, templateKwargs), false);
    });
    const alone =
      messages === null
        ? this.promptIds(asked)
        : this.encode(this.requireChat()(messages, true, tools, templateKwargs), false);
    const length = Math.min(alone.length, ...wholes.map((whole) => sharedLength(alone, whole)));
    return { prompt: alone.slice(0, length), answers: wholes.map((whole) => whole.slice(length)) };
  }

  /**
   * A text with all candidate answers as lm-eval scores them: an answer's text after the prompt, without the end token
   * or the end of the turn. A common prefix belongs to the prompt. If an answer has no token of its own, its end is
   * scored.
   */
  choices(example: Content, answers: readonly string[]): EncodedChoices {
    const wholes = answers.map((answer) => this.scored(example, answer));
    const [first = []] = wholes;
    const prompt = Math.min(this.promptIds(example).length, ...wholes.map((whole) => sharedLength(first, whole)));
    const choices = wholes.map((whole, at) =>
      (whole.length > prompt ? whole : this.learned(example, answers[at] ?? '').ids).slice(prompt),
    );
    const characters = answers.map((answer) => Math.max(1, [...answer].length));
    return { prompt: first.slice(0, prompt), choices, characters };
  }

  /**
   * Tokens of a typed prompt, up to where the answer begins.
   * @param form of the examples: plain texts, conversations, or prompts with completions.
   */
  prompt(text: string, form: 'texts' | 'conversations' | 'completions'): readonly number[] {
    if (form === 'texts') return this.encode(text, true);
    const example = { prompt: text, text: null, textPair: null, completion: null, messages: null };
    if (this.chat === null) return this.encode(this.fill(example), true);
    const question = form === 'conversations' ? { role: 'user', content: text } : this.question(example);
    return this.encode(this.chat([question], true), false);
  }

  /** Tokens that end an answer as the examples are written, e.g. the end of a turn. */
  endTokens(): number[] {
    const turn = this.template.endOfTurn();
    return [...this.end, ...(turn === null ? [] : [turn])];
  }

  /** Tokens of a prompt and its answer, up to the answer's last character. */
  private scored(example: Content, answer: string): readonly number[] {
    if (this.chat === null) return this.encode(this.fill(example) + answer, true);
    const talk = [this.question(example), { role: 'assistant', content: answer }];
    const text = this.chat(talk, false, undefined, example.templateKwargs);
    const written = answer.trim();
    const at = text.lastIndexOf(written);
    return this.encode(at < 0 ? text : text.slice(0, at + written.length), false);
  }

  private promptIds(example: Content): readonly number[] {
    if (this.chat === null) return this.encode(this.fill(example), true);
    return this.encode(this.chat([this.question(example)], true, undefined, example.templateKwargs), false);
  }

  private question(example: Content): ChatMessage {
    return { role: 'user', content: this.fill(example).trim() };
  }

  private fill(example: Content): string {
    return filledPrompt(this.settings, example);
  }

  private plainText(text: string): EncodedText {
    const ids = this.encode(text, true);
    return { ids: [...ids, ...this.end], marks: [...ids.map(() => 1), ...this.end.map(() => textEnd)] };
  }

  /** @throws StudioError refused for conversations if the model has no chat template, or it is off. */
  check(areConversations: boolean): void {
    if (areConversations) this.requireChat();
  }

  private requireChat(): ChatRenderer {
    if (this.chat !== null) return this.chat;
    throw new StudioError(
      'refused',
      `The data are conversations, but ${this.tokenizer.files.configFile} has no chat_template to write them with.`,
      this.settings.chat_template === 'none'
        ? 'Set chat_template to auto, or choose a template.'
        : 'Choose a chat_template, e.g. chatml, or a model that was made for conversations.',
    ).at('chat_template');
  }

  /**
   * A conversation as its template writes it, as Transformers does. Each answer that is in the text is learned, with the end of
   * its turn.
   */
  private conversation(
    messages: readonly ChatMessage[],
    given: Pick<Content, 'tools' | 'templateKwargs'>,
  ): EncodedText {
    const chat = this.requireChat();
    const render = (talk: readonly ChatMessage[], addGenerationPrompt: boolean) =>
      chat(talk, addGenerationPrompt, given.tools, given.templateKwargs);
    const encode = (part: string) => this.encode(part, false);
    const text = render(messages, false);
    const ids = encode(text);
    const marks: number[] = ids.map(() => (this.settings.completion_only_loss ? 0 : 1));
    const answers = { ...noAnswers };
    const starts: number[] = [];
    for (const { turn, start, end } of new AnswerSpans(messages, text, ids, render, encode).all()) {
      const message = messages[turn];
      if (message === undefined) continue;
      if (isExcluded(message)) {
        answers.excluded++;
        marks.fill(0, start, end);
        continue;
      }
      answers.answers++;
      if (end > start) starts.push(start);
      if (this.settings.completion_only_loss) {
        marks.fill(1, start, end);
        this.markEnd(ids, marks, start, end);
      }
      const said = ids.slice(start, end).filter((_, at) => marks[start + at] !== textEnd);
      if (messageText(message).trim() !== '' && this.tokenizer.decode(said).trim() === '') {
        answers.unlearned++;
        // The end of a turn without what it ends would teach the model to say nothing.
        if (this.settings.completion_only_loss) marks.fill(0, start, end);
      } else if (this.dropsReasoning(message, ids.slice(start, end))) answers.droppedReasoning++;
    }
    return { ids, marks, answers, starts };
  }

  /** Returns whether the template left the reasoning out of an answer. Templates and decoding change white space. */
  private dropsReasoning(message: ChatMessage, written: readonly number[]): boolean {
    const reasoning = reasoningOf(message);
    return reasoning !== null && !withoutSpaces(this.tokenizer.decode(written)).includes(withoutSpaces(reasoning));
  }

  /** The end of a turn in [start, end): a special token, and the line break that a template may write after it. */
  private markEnd(ids: readonly number[], marks: number[], start: number, end: number): void {
    if (this.chat === null) return;
    let at = end - 1;
    while (at >= start && !this.specials.has(ids[at] ?? -1)) at--;
    if (at >= start && this.tokenizer.decode(ids.slice(at + 1, end)).trim() === '') marks.fill(textEnd, at, end);
  }

  /** A chat template writes the special tokens itself. */
  private encode(text: string, isPlain: boolean): readonly number[] {
    const { ids } = this.tokenizer.encode(text, { addSpecialTokens: isPlain });
    // An end token that the template adds to every text belongs after the completion, where it is added separately.
    return isPlain && this.end.length > 0 && ids.length > 1 && ids.at(-1) === this.end[0] ? ids.slice(0, -1) : ids;
  }
}

function withoutSpaces(text: string): string {
  return text.replaceAll(/\s/g, '');
}
