import type { StudioClient } from '../../../src-shared/contract/studio-client.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { readJsonBody } from '../http/body.ts';
import { HttpError } from '../http/http-error.ts';
import { type Exchange, sendJson } from '../http/server.ts';
import { answer } from './answer.ts';
import { chatForm, completionForm, newHead } from './answers.ts';
import { ChatPrompts } from './chat.ts';
import { embed, parseEmbedding } from './embeddings.ts';
import type { GenerationOrder } from './generate.ts';
import { type ChatRequest, type CompletionRequest, parseChat, parseCompletion } from './requests.ts';
import {
  describeModel,
  listModels,
  requireWriter,
  type ServedModel,
  servedModel,
  servedModels,
} from './served-models.ts';

/** Requests that may wait for the one that generates; further ones are refused. */
const maxWaiting = 64;
/** OpenAI's own default for /v1/completions. */
const completionTokens = 16;

type Handler = (exchange: Exchange, body: unknown) => Promise<void>;

/** Routes of OpenAI's API, by method and path. */
export function openaiRoutes(client: StudioClient): (exchange: Exchange) => Promise<void> {
  const waiting = new Set<Exchange>();
  const prompts = new ChatPrompts(client);
  const posts: ReadonlyMap<string, Handler> = new Map([
    ['/v1/chat/completions', (exchange, body) => chat(client, prompts, exchange, parseChat(body))],
    ['/v1/completions', (exchange, body) => complete(client, exchange, parseCompletion(body))],
    ['/v1/embeddings', (exchange, body) => embed(client, exchange, parseEmbedding(body))],
  ]);
  return async (exchange) => {
    const { request, response, path } = exchange;
    if (request.method === 'GET' && (path === '/v1/models' || path.startsWith('/v1/models/'))) {
      const served = await servedModels(client);
      const name = path.slice('/v1/models/'.length);
      sendJson(response, 200, name === '' ? listModels(served) : describeModel(servedModel(served, name), served));
      return;
    }
    const handler = request.method === 'POST' ? posts.get(path) : undefined;
    if (handler === undefined) throw noRoute(`${request.method} ${path}`, [...posts.keys()]);
    if (waiting.size >= maxWaiting)
      throw new HttpError(429, `${maxWaiting} requests are waiting already: try again later.`, 'queue_full');
    waiting.add(exchange);
    try {
      await handler(exchange, await readJsonBody(request));
    } finally {
      waiting.delete(exchange);
    }
  };
}

async function chat(client: StudioClient, prompts: ChatPrompts, exchange: Exchange, body: ChatRequest): Promise<void> {
  const model = writerOf(await servedModels(client), body.model);
  const topTokens = chatTopTokens(body);
  const { prompt, stop, calls } = await prompts.read(model, body);
  const settings = settingsOf(model, body);
  const order: GenerationOrder = {
    ...settings,
    stop: [...settings.stop, ...stop],
    prompt,
    newTokens: body.max_completion_tokens ?? body.max_tokens ?? null,
    topTokens,
  };
  const orders = repeated(order, body.n);
  const head = newHead('chatcmpl', body.model);
  await answer(client, exchange, { form: chatForm, head, orders, body, ...(calls === null ? {} : { calls }) });
}

/** @throws HttpError 400 for top_logprobs without logprobs, as OpenAI has it */
function chatTopTokens({ logprobs, top_logprobs }: ChatRequest): number | null {
  if (logprobs === true) return top_logprobs ?? 0;
  if (top_logprobs) throw new HttpError(400, 'top_logprobs needs logprobs: true.', 'invalid_value', 'top_logprobs');
  return null;
}

async function complete(client: StudioClient, exchange: Exchange, body: CompletionRequest): Promise<void> {
  if (body.echo === true && body.logprobs != null)
    throw new HttpError(
      400,
      'logprobs of the prompt are not supported: leave echo out.',
      'unsupported_parameter',
      'echo',
    );
  const model = writerOf(await servedModels(client), body.model);
  const orders = body.prompt.flatMap((text) =>
    repeated(
      {
        ...settingsOf(model, body),
        prompt: { kind: 'text', text },
        newTokens: body.max_tokens ?? completionTokens,
        topTokens: body.logprobs ?? null,
      },
      body.n,
    ),
  );
  const echoes = body.echo === true ? body.prompt.flatMap((text) => Array<string>(body.n).fill(text)) : [];
  await answer(client, exchange, { form: completionForm, head: newHead('cmpl', body.model), orders, body, echoes });
}

function writerOf(served: readonly ServedModel[], reference: string): ServedModel {
  const model = servedModel(served, reference);
  requireWriter(model);
  return model;
}

/** Orders of several texts for one prompt; a seed gives each its own. */
function repeated(order: GenerationOrder, n: number): GenerationOrder[] {
  return Array.from({ length: n }, (_, index) => ({
    ...order,
    seed: order.seed === null ? null : order.seed + index,
  }));
}

function settingsOf(model: ServedModel, body: ChatRequest | CompletionRequest) {
  const { temperature, top_p, top_k, min_p, repetition_penalty } = body;
  const sampling: ParameterValues = {};
  for (const [name, value] of Object.entries({ temperature, top_p, top_k, min_p, repetition_penalty }))
    if (typeof value === 'number') sampling[name] = value;
  return { model, sampling, stop: body.stop, seed: body.seed ?? null };
}

function noRoute(route: string, posts: readonly string[]): HttpError {
  const routes = ['GET /v1/models', ...posts.map((path) => `POST ${path}`)];
  return new HttpError(
    404,
    `There is no ${route}: ${routes.slice(0, -1).join(', ')} and ${routes.at(-1)} are served.`,
    'unknown_url',
  );
}
