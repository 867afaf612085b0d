import { Environment, parse, tokenize } from '@huggingface/jinja';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { type ChatMessage, reasoningNames } from '../../../src-shared/domain/generation/chat-message.ts';
import { WorkClock } from '../../files/work-clock.ts';
import { BoundedInterpreter } from './bounded-interpreter.ts';
import { formatTime } from './format-time.ts';
import { withArgumentsOfTests, writtenNodes } from './jinja/nodes.ts';
import { setWithFloats } from './jinja-methods.ts';
import { templateFault } from './template-fault.ts';
import type { TextTokenizer } from './tokenizer.ts';
import type { TokenizerFiles } from './tokenizer-files.ts';

/** For all that one request does with the templates of a model. */
const MAX_MILLISECONDS = 2_000;
/** A long conversation takes a tenth of this. */
const MILLISECONDS_PER_CHARACTER = 0.001;
const MAX_RANGE = 100_000;
const MAX_TEMPLATE_CHARACTERS = 2 ** 20;
/** The library's search for tags takes the square of their length. */
const MAX_SPACES = 1000;
const tooManySpaces = new RegExp(`\\s{${MAX_SPACES + 1}}`);

interface RenderOptions {
  /** True if the text ends with the start of the assistant's answer. */
  readonly addGenerationPrompt: boolean;
  /** JSON schemas of functions that the assistant may call. */
  readonly tools?: readonly unknown[] | undefined;
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
  private readonly clock: WorkClock;
  private readonly program: ReturnType<typeof parse>;
  private readonly written: ReturnType<typeof writtenNodes>;
  /** To be stopped from outside costs as much as rendering a short text: thereafter the template's steps ask the clock. */
  private hasEnded = false;

  /**
   * @param clock of all that is done with the template, and with others of the same request.
   * @throws StudioError invalid_file if the text is not a Jinja template.
   */
  constructor(name: string, source: string, text: string, clock: WorkClock = new WorkClock(MAX_MILLISECONDS)) {
    this.name = name;
    this.source = source;
    this.text = text;
    this.clock = clock;
    if (text.length > MAX_TEMPLATE_CHARACTERS)
      throw new StudioError('invalid_file', `${source} is longer than 2^20 characters, which no chat template is.`);
    if (tooManySpaces.test(text))
      throw new StudioError(
        'invalid_file',
        `${source} has more than ${MAX_SPACES} spaces in a row, which no chat template has.`,
        'Correct the template, or write the prompt without it.',
      );
    this.program = this.naming(() =>
      clock.run(source, () => {
        try {
          return parse(withArgumentsOfTests(tokenize(text, { lstrip_blocks: true, trim_blocks: true })));
        } catch (thrown) {
          const fault = templateFault(text);
          if (fault === null) throw thrown;
          throw new Error(`${fault.line === null ? '' : `line ${fault.line}: `}${fault.message}`);
        }
      }),
    );
    this.written = writtenNodes(this.program);
  }

  /**
   * The conversation as text.
   * @throws StudioError refused with the template's own words if it raises, or if it does not terminate.
   */
  render(messages: readonly ChatMessage[], { addGenerationPrompt, tools, variables }: RenderOptions): string {
    const characters = JSON.stringify([messages, tools]).length;
    this.clock.grant(1 + characters * MILLISECONDS_PER_CHARACTER);
    const rendered = (check: () => void): string => {
      const environment = new Environment();
      const given = {
        ...variables,
        ...globals(this.source),
        // Transformers gives these also where there are none.
        ...{ tools: tools ?? null, documents: null },
        ...{ messages: withReasoning(messages), add_generation_prompt: addGenerationPrompt },
      };
      for (const [name, value] of Object.entries(given)) setWithFloats(environment, name, value);
      const { value } = new BoundedInterpreter(environment, this.source, check, this.written).run(this.program);
      return typeof value === 'string' ? value : '';
    };
    const text = this.naming(() =>
      this.hasEnded
        ? this.clock.runChecked(this.source, rendered)
        : this.clock.run(this.source, () => rendered(() => undefined)),
    );
    this.hasEnded = true;
    return text;
  }

  private naming<Result>(run: () => Result): Result {
    try {
      return run();
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
  const clock = new WorkClock(MAX_MILLISECONDS);
  if (chatTemplate !== null) return [new ChatTemplate('default', chatTemplate.file, chatTemplate.text, clock)];
  const given = config.chat_template ?? [];
  const source = `${configFile}: chat_template`;
  if (typeof given === 'string') return [new ChatTemplate('default', source, given, clock)];
  return given.map(({ name, template }) => new ChatTemplate(name, `${source} "${name}"`, template, clock));
}

export interface ChatOptions {
  /** Jinja instead of the model's own template. */
  readonly template?: string | undefined;
  /** JSON schemas of functions that the assistant may call. */
  readonly tools?: readonly unknown[] | undefined;
  /** True by default: the text ends where the answer begins. */
  readonly addGenerationPrompt?: boolean;
}

/**
 * Renders a conversation with the model's own template: the one named default, else its first.
 * @throws StudioError refused where the model has no template, or the template refuses; invalid_file where it is none.
 */
export function renderChat(
  tokenizer: TextTokenizer,
  messages: readonly ChatMessage[],
  { template, tools, addGenerationPrompt = true }: ChatOptions = {},
): string {
  const renderer = chatRenderer(tokenizer, template);
  if (renderer === null)
    throw new StudioError(
      'refused',
      `${tokenizer.files.configFile} has no chat_template: the model was not made for conversations.`,
      'Write a plain prompt instead.',
    );
  return renderer(messages, addGenerationPrompt, tools);
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
  const text = renderChat(tokenizer, messages, { template, addGenerationPrompt: false });
  const after = text.slice(text.lastIndexOf(answer) + answer.length).trimStart();
  const token = tokenizer.files.tokenizer.added_tokens.find(
    ({ content, special }) => special && after.startsWith(content),
  );
  return token?.id ?? null;
}

function defaultTemplate(files: TokenizerFiles): ChatTemplate | undefined {
  const templates = chatTemplates(files);
  return templates.find(({ name }) => name === 'default') ?? templates[0];
}

/** A conversation as text; with the second argument up to where the answer begins. */
export type ChatRenderer = (
  messages: readonly ChatMessage[],
  addGenerationPrompt: boolean,
  tools?: readonly unknown[],
  /** Variables of the template for this conversation, e.g. enable_thinking. */
  variables?: Readonly<Record<string, unknown>>,
) => string;

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
  return (messages, addGenerationPrompt, tools, own) =>
    template.render(messages, { addGenerationPrompt, tools, variables: { ...variables, ...own } });
}

/** Messages with their reasoning by both names that templates ask for, whatever it is called in the file: as in Transformers. */
function withReasoning(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  return messages.map((message) => {
    const reasoning = reasoningNames
      .map((name) => message[name])
      .find((value) => value !== undefined && value !== null);
    return reasoning === undefined ? message : { thinking: reasoning, ...message, reasoning_content: reasoning };
  });
}
