import type { StudioClient } from '../../../src-shared/contract/studio-client.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { readJsonBody } from '../http/body.ts';
import { HttpError } from '../http/http-error.ts';
import { type Exchange, sendJson } from '../http/server.ts';
import { type AnswerForm, type AnswerHead, chatForm, completionForm, newHead, usageOf } from './answers.ts';
import { type GeneratedText, type GenerationOrder, generate } from './generate.ts';
import { type ChatRequest, type CompletionRequest, parseChat, parseCompletion } from './requests.ts';
import { describeModel, listModels, type ServedModel, servedModel, servedModels } from './served-models.ts';

/** Requests that may wait for the one that generates; further ones are refused. */
const maxWaiting = 64;
/** OpenAI's own default for /v1/completions. */
const completionTokens = 16;

/** Routes of OpenAI's API, by method and path. */
export function openaiRoutes(client: StudioClient): (exchange: Exchange) => Promise<void> {
  const waiting = new Set<Exchange>();
  return async (exchange) => {
    const { request, response, path } = exchange;
    const route = `${request.method} ${path}`;
    if (request.method === 'GET' && (path === '/v1/models' || path.startsWith('/v1/models/'))) {
      const served = await servedModels(client);
      const name = path.slice('/v1/models/'.length);
      sendJson(response, 200, name === '' ? listModels(served) : describeModel(servedModel(served, name), served));
      return;
    }
    if (route !== 'POST /v1/chat/completions' && route !== 'POST /v1/completions') throw noRoute(route);
    if (waiting.size >= maxWaiting)
      throw new HttpError(429, `${maxWaiting} requests are waiting already: try again later.`, 'queue_full');
    waiting.add(exchange);
    try {
      const body = await readJsonBody(request);
      if (path === '/v1/completions') await complete(client, exchange, parseCompletion(body));
      else await chat(client, exchange, parseChat(body));
    } finally {
      waiting.delete(exchange);
    }
  };
}

async function chat(client: StudioClient, exchange: Exchange, body: ChatRequest): Promise<void> {
  const model = servedModel(await servedModels(client), body.model);
  const order: GenerationOrder = {
    ...settingsOf(model, body),
    prompt: { kind: 'chat', messages: body.messages },
    newTokens: body.max_completion_tokens ?? body.max_tokens ?? null,
  };
  await answer(client, exchange, { form: chatForm, head: newHead('chatcmpl', body.model), orders: [order], body });
}

async function complete(client: StudioClient, exchange: Exchange, body: CompletionRequest): Promise<void> {
  const model = servedModel(await servedModels(client), body.model);
  const orders = body.prompt.map(
    (text): GenerationOrder => ({
      ...settingsOf(model, body),
      prompt: { kind: 'text', text },
      newTokens: body.max_tokens ?? completionTokens,
    }),
  );
  const echoes = body.echo === true ? body.prompt : [];
  await answer(client, exchange, { form: completionForm, head: newHead('cmpl', body.model), orders, body, echoes });
}

interface Asked {
  readonly form: AnswerForm;
  readonly head: AnswerHead;
  readonly orders: readonly GenerationOrder[];
  readonly body: ChatRequest | CompletionRequest;
  /** Text repeated before each completion. */
  readonly echoes?: readonly string[];
}

async function answer(client: StudioClient, { response, signal }: Exchange, asked: Asked): Promise<void> {
  const { form, head, orders, body, echoes = [] } = asked;
  const send = (document: unknown): void => {
    if (!response.headersSent)
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', connection: 'keep-alive' });
    response.write(`data: ${typeof document === 'string' ? document : JSON.stringify(document)}\n\n`);
  };
  const texts: GeneratedText[] = [];
  for (const [index, order] of orders.entries()) {
    let hasBegun = false;
    // Nothing is sent before the first text, so that an error until then has its own status.
    const begin = (): void => {
      const first = hasBegun ? null : form.first(head, index);
      if (first !== null) send(first);
      if (!hasBegun && echoes[index] !== undefined) send(form.piece(head, index, echoes[index]));
      hasBegun = true;
    };
    const text = await generate(client, order, signal, (piece) => {
      if (!body.stream) return;
      begin();
      send(form.piece(head, index, piece));
    });
    texts.push({ ...text, text: (echoes[index] ?? '') + text.text });
    if (!body.stream) continue;
    begin();
    send(form.last(head, index, text));
  }
  if (!body.stream) {
    sendJson(response, 200, form.whole(head, texts, usageOf(texts)));
    return;
  }
  if (body.stream_options?.include_usage === true) send(form.usage(head, usageOf(texts)));
  send('[DONE]');
  response.end();
}

function settingsOf(model: ServedModel, body: ChatRequest | CompletionRequest) {
  const { temperature, top_p, top_k, min_p, repetition_penalty } = body;
  const sampling: ParameterValues = {};
  for (const [name, value] of Object.entries({ temperature, top_p, top_k, min_p, repetition_penalty }))
    if (typeof value === 'number') sampling[name] = value;
  return { model, sampling, stop: body.stop, seed: body.seed ?? null };
}

function noRoute(route: string): HttpError {
  return new HttpError(
    404,
    `There is no ${route}: GET /v1/models, POST /v1/chat/completions and POST /v1/completions are served.`,
    'unknown_url',
  );
}
