import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ChatMessage } from '../../../src-shared/domain/generation.ts';
import { formatTime } from './format-time.ts';
import { runWithTimeout } from './run-with-timeout.ts';
import { templateFault } from './template-fault.ts';
import type { TextTokenizer } from './tokenizer.ts';
import type { TokenizerFiles } from './tokenizer-files.ts';

/** Published templates take a few thousand steps for a long conversation; an endless loop takes any number. */
const MAX_WORK = 10_000_000;
const MAX_MILLISECONDS = 5_000;
/** Maximum size of a list or text that a template creates. */
const MAX_LENGTH = 10_000_000;
const MAX_RANGE = 100_000;
const MAX_TEMPLATE_CHARACTERS = 2 ** 20;

interface RenderOptions {
  /** Whether the text ends with the start of the assistant's answer. */
  readonly addGenerationPrompt: boolean;
  /** Other variables that the template may read, e.g. bos_token. */
  readonly variables: Readonly<Record<string, unknown>>;
}

/**
 * A model's own format of a conversation as one text: Jinja with trim_blocks and lstrip_blocks, as in Transformers.
 * Templates are untrusted, so time, steps and sizes are bounded.
 */
export class ChatTemplate {
  readonly name: string;
  readonly text: string;
  /** File and key, for messages. */
  private readonly source: string;
  private readonly program: ReturnType<typeof parse>;
  /**
   * The timer costs as much as rendering a short text. A template that has terminated once is then only bounded by steps.
   */
  private hasEnded = false;

  /** @throws StudioError invalid_file if the text is not a Jinja template. */
  constructor(name: string, source: string, text: string) {
    this.name = name;
    this.source = source;
    this.text = text;
    if (text.length > MAX_TEMPLATE_CHARACTERS)
      throw new StudioError('invalid_file', `${source} is longer than 2^20 characters, which no chat template is.`);
    this.program = this.guarded(false, () => {
      try {
        return parse(tokenize(text, { lstrip_blocks: true, trim_blocks: true }));
      } catch (thrown) {
        const fault = templateFault(text);
        if (fault === null) throw thrown;
        throw new Error(`${fault.line === null ? '' : `line ${fault.line}: `}${fault.message}`);
      }
    });
  }

  /**
   * The conversation as text.
   * @throws StudioError refused with the template's own words if it raises, or if it does not terminate.
   */
  render(messages: readonly ChatMessage[], { addGenerationPrompt, variables }: RenderOptions): string {
    return this.guarded(!this.hasEnded, () => {
      const environment = new Environment();
      const given = { ...variables, ...globals(this.source), messages, add_generation_prompt: addGenerationPrompt };
      for (const [name, value] of Object.entries(given)) environment.set(name, value);
      const { value } = new BoundedInterpreter(environment, this.source).run(this.program);
      this.hasEnded = true;
      return typeof value === 'string' ? value : '';
    });
  }

  private guarded<Result>(mayLoop: boolean, run: () => Result): Result {
    try {
      return mayLoop ? runWithTimeout(this.source, MAX_MILLISECONDS, run) : run();
    } catch (thrown) {
      if (thrown instanceof StudioError) throw thrown;
      throw new StudioError(
        'invalid_file',
        `${this.source} is not a usable chat template: ${thrown instanceof Error ? thrown.message : String(thrown)}.`,
        'Correct the template, or write the prompt without it.',
      );
    }
  }
}

/** Every value that a template computes passes through here, to count steps and limit sizes. */
class BoundedInterpreter extends Interpreter {
  private work = 0;
  private readonly source: string;

  constructor(environment: Environment, source: string) {
    super(environment);
    this.source = source;
  }

  override evaluate(...args: Parameters<Interpreter['evaluate']>): ReturnType<Interpreter['evaluate']> {
    const result = super.evaluate(...args);
    const { value } = result;
    const length = typeof value === 'string' || Array.isArray(value) ? value.length : 0;
    this.work += 1 + (Array.isArray(value) ? length : length / 16);
    if (this.work > MAX_WORK || length > MAX_LENGTH)
      throw new StudioError(
        'refused',
        `${this.source} was stopped: ${length > MAX_LENGTH ? 'it makes texts or lists of more than ten million entries' : 'it does not finish'}.`,
        'Correct the template, or write the prompt without it.',
      );
    return result;
  }
}

function globals(source: string): Record<string, unknown> {
  return {
    true: true,
    True: true,
    false: false,
    False: false,
    none: null,
    None: null,
    raise_exception: (words: unknown) => {
      throw new StudioError('refused', `${source} refuses the conversation: ${String(words)}`);
    },
    strftime_now: (format: unknown) => formatTime(new Date(), String(format)),
    range: (...limits: unknown[]) => range(source, limits),
  };
}

function range(source: string, limits: readonly unknown[]): number[] {
  const numbers = limits.filter((limit) => typeof limit === 'number');
  const [start = 0, stop = 0, step = 1] = numbers.length === 1 ? [0, ...numbers] : numbers;
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (!(length <= MAX_RANGE))
    throw new StudioError('refused', `${source} was stopped: it asks for a range of more than ${MAX_RANGE} numbers.`);
  return Array.from({ length }, (_, index) => start + index * step);
}

/**
 * The templates of a model's folder: chat_template.jinja, else the one or the named ones of tokenizer_config.json. Empty if
 * it has none.
 * @throws StudioError invalid_file naming the file and the key.
 */
export function chatTemplates({ chatTemplate, config, configFile }: TokenizerFiles): ChatTemplate[] {
  if (chatTemplate !== null) return [new ChatTemplate('default', chatTemplate.file, chatTemplate.text)];
  const given = config.chat_template ?? [];
  const source = `${configFile}: chat_template`;
  if (typeof given === 'string') return [new ChatTemplate('default', source, given)];
  return given.map(({ name, template }) => new ChatTemplate(name, `${source} "${name}"`, template));
}

/**
 * A conversation as the model's own template (the one named default, else its first) writes it, up to where the answer begins.
 * @param template Jinja instead of the model's own.
 * @throws StudioError refused where the model has no template, or the template refuses; invalid_file where it is none.
 */
export function renderChat(tokenizer: TextTokenizer, messages: readonly ChatMessage[], template?: string): string {
  return render(tokenizer, messages, true, template);
}

/**
 * The special token that the model's template puts after an answer, which ends generation too: not every generation config
 * names it. Null if there is none.
 */
export function endOfTurn(tokenizer: TextTokenizer, template?: string): number | null {
  const answer = 'An answer.';
  const messages = [
    { role: 'user', content: 'A question?' },
    { role: 'assistant', content: answer },
  ];
  const text = render(tokenizer, messages, false, template);
  const after = text.slice(text.lastIndexOf(answer) + answer.length).trimStart();
  const token = tokenizer.files.tokenizer.added_tokens.find(
    ({ content, special }) => special && after.startsWith(content),
  );
  return token?.id ?? null;
}

function render(
  tokenizer: TextTokenizer,
  messages: readonly ChatMessage[],
  addGenerationPrompt: boolean,
  template: string | undefined,
): string {
  const renderer = chatRenderer(tokenizer, template);
  if (renderer === null)
    throw new StudioError(
      'refused',
      `${tokenizer.files.configFile} has no chat_template: the model was not made for conversations.`,
      'Write a plain prompt instead.',
    );
  return renderer(messages, addGenerationPrompt);
}

function defaultTemplate(files: TokenizerFiles): ChatTemplate | undefined {
  const templates = chatTemplates(files);
  return templates.find(({ name }) => name === 'default') ?? templates[0];
}

/** A conversation as text; with the second argument up to where the answer begins. */
export type ChatRenderer = (messages: readonly ChatMessage[], addGenerationPrompt: boolean) => string;

/** The model's template, or another one, read once for many conversations; null if the model has none. */
export function chatRenderer({ files }: Pick<TextTokenizer, 'files'>, other?: string): ChatRenderer | null {
  const template =
    other === undefined ? defaultTemplate(files) : new ChatTemplate('custom', 'The chat template', other);
  if (template === undefined) return null;
  const variables: Record<string, string> = {};
  for (const name of ['bos', 'eos', 'unk', 'sep', 'pad', 'cls', 'mask'] as const) {
    const content = files.config[`${name}_token`];
    if (content !== null) variables[`${name}_token`] = content;
  }
  return (messages, addGenerationPrompt) => template.render(messages, { addGenerationPrompt, variables });
}
