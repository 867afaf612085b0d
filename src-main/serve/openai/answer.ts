import type { StudioClient } from '../../../src-shared/contract/studio-client.ts';
import type { TokenProbability } from '../../../src-shared/domain/generation/generation.ts';
import { type Exchange, sendJson } from '../http/server.ts';
import { type AnsweredText, type AnswerForm, type AnswerHead, randomHex, type ToolCall, usageOf } from './answers.ts';
import { type GenerationOrder, generate } from './generate.ts';
import type { AnswerPart, CallReader } from './tools/call-reader.ts';

/** Texts to generate for one request, and the format of the answer. */
export interface Asked {
  readonly form: AnswerForm;
  readonly head: AnswerHead;
  readonly orders: readonly GenerationOrder[];
  readonly body: {
    readonly n: number;
    readonly stream: boolean;
    readonly stream_options?: { readonly include_usage?: boolean | null | undefined } | null | undefined;
  };
  /** Text repeated before each text. */
  readonly echoes?: readonly string[];
  /** Reading of calls of tools; absent: all text is content. */
  readonly calls?: CallReading;
}

export interface CallReading {
  newReader(): CallReader;
  /** Start of every answer, which is not generated. */
  readonly start: string;
  /** Length of ids that the template of the model accepts; null for any. */
  readonly idLength: number | null;
}

/** Generates the texts of a request together, and sends the answer at once or as a stream. If one fails, the others end. */
export async function answer(client: StudioClient, { response, signal }: Exchange, asked: Asked): Promise<void> {
  const { form, head, orders, body } = asked;
  const failing = new AbortController();
  const own = AbortSignal.any([signal, failing.signal]);
  const send = (document: unknown): void => {
    if (failing.signal.aborted) return;
    if (!response.headersSent)
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', connection: 'keep-alive' });
    response.write(`data: ${typeof document === 'string' ? document : JSON.stringify(document)}\n\n`);
  };
  const write = async (order: GenerationOrder, index: number): Promise<AnsweredText> => {
    const choice = new Choice(asked, index, body.stream ? send : null);
    const text = await generate(client, order, own, (piece, tokens) => choice.add(piece, tokens));
    const { content, calls } = choice.end();
    if (body.stream) send(form.last(head, index, { ...text, calls }));
    return { ...text, text: content, calls };
  };
  const texts = await Promise.all(
    orders.map((order, index) =>
      write(order, index).catch((thrown: unknown) => {
        failing.abort();
        throw thrown;
      }),
    ),
  );
  const usage = usageOf(texts, body.n);
  if (!body.stream) {
    sendJson(response, 200, form.whole(head, texts, usage));
    return;
  }
  if (body.stream_options?.include_usage === true) send(form.usage(head, usage));
  send('[DONE]');
  response.end();
}

/** One text of an answer: its content and its calls of tools so far, which are sent as they come. */
class Choice {
  private readonly asked: Asked;
  private readonly index: number;
  private readonly send: ((document: unknown) => void) | null;
  private readonly reader: CallReader | null;
  private readonly hasProbabilities: boolean;
  private content = '';
  private readonly calls: ToolCall[] = [];
  /** Tokens that no document has yet. */
  private tokens: TokenProbability[] = [];
  private hasBegun = false;

  constructor(asked: Asked, index: number, send: ((document: unknown) => void) | null) {
    this.asked = asked;
    this.index = index;
    this.send = send;
    this.reader = asked.calls?.newReader() ?? null;
    this.hasProbabilities = asked.orders[index]?.topTokens !== null;
  }

  add(piece: string, tokens: readonly TokenProbability[]): void {
    this.tokens.push(...tokens);
    this.begin();
    this.addParts(this.reader === null ? [{ content: piece }] : this.reader.push(piece));
  }

  end(): { readonly content: string; readonly calls: readonly ToolCall[] } {
    this.begin();
    this.addParts(this.reader?.end() ?? []);
    if (this.tokens.length > 0) this.addParts([{ content: '' }]);
    return { content: this.content, calls: this.calls };
  }

  /** Nothing is sent before the first text, so that an error until then has its own status. */
  private begin(): void {
    if (this.hasBegun) return;
    this.hasBegun = true;
    const { form, head, echoes = [] } = this.asked;
    const first = form.first(head, this.index);
    if (first !== null) this.send?.(first);
    const echo = echoes[this.index];
    if (echo !== undefined) {
      this.content += echo;
      this.send?.(form.piece(head, this.index, echo, null));
    }
    this.addParts(this.reader?.push(this.asked.calls?.start ?? '') ?? []);
  }

  private addParts(parts: readonly AnswerPart[]): void {
    const { form, head } = this.asked;
    for (const part of parts)
      if ('content' in part) {
        this.content += part.content;
        this.send?.(form.piece(head, this.index, part.content, this.hasProbabilities ? this.tokens : null));
        this.tokens = [];
      } else {
        const calls = part.calls.map((call) => this.callOf(call));
        for (const document of form.calls(head, this.index, calls, this.calls.length)) this.send?.(document);
        this.calls.push(...calls);
      }
  }

  private callOf({
    id,
    name,
    arguments: text,
  }: {
    id?: string | undefined;
    name: string;
    arguments: string;
  }): ToolCall {
    const length = this.asked.calls?.idLength ?? null;
    const own = length === null ? `call_${randomHex(24)}` : randomHex(length + (length % 2)).slice(0, length);
    return { id: id ?? own, type: 'function', function: { name, arguments: text } };
  }
}
