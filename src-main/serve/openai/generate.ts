import { randomInt } from 'node:crypto';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { StudioClient } from '../../../src-shared/contract/studio-client.ts';
import type { GenerationResult, Prompt, TokenProbability } from '../../../src-shared/domain/generation/generation.ts';
import { maxNewTokens, overModelDefaults } from '../../../src-shared/domain/generation/generation.ts';
import { type JobRecord, resultOf } from '../../../src-shared/domain/jobs/job.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import type { ServedModel } from './served-models.ts';
import { runUnkept } from './unkept-job.ts';

/** For a model that does not say how long its context is. */
const usualContext = 4096;

export interface GenerationOrder {
  readonly model: ServedModel;
  readonly prompt: Prompt;
  /** By name of the declared parameter; the rest is the model's own, else the declared default. */
  readonly sampling: ParameterValues;
  /** Null: the model's own, else as many as its context takes. */
  readonly newTokens: number | null;
  readonly stop: string[];
  /** Null: another one each time. */
  readonly seed: number | null;
  /** Number of likeliest tokens beside each token; null: no probabilities. */
  readonly topTokens: number | null;
}

export type GeneratedText = GenerationResult['columns'][number];

/**
 * Generates one text by a job of the queue, which it cancels when `signal` is aborted. Neither job nor text is kept.
 * @param onText is told new text, piece by piece, with the probabilities of its tokens if requested
 * @throws StudioError that the job ended with; cancelled where it was cancelled
 */
export async function generate(
  client: StudioClient,
  order: GenerationOrder,
  signal: AbortSignal,
  onText: (text: string, tokens: readonly TokenProbability[]) => void,
): Promise<GeneratedText> {
  const input = await requestOf(client, order);
  // Its text may come before its id.
  const early: { readonly jobId: string; readonly text: string; readonly tokens: TokenProbability[] }[] = [];
  let jobId: string | null = null;
  let told = '';
  let toldTokens = 0;
  const tell = (text: string, tokens: readonly TokenProbability[]): void => {
    if (text === '' && tokens.length === 0) return;
    told += text;
    toldTokens += tokens.length;
    onText(text, tokens);
  };
  const stopText = client.on('generation.text', (event) => {
    const text = event.pieces.map((piece) => piece.text).join('');
    const tokens = event.pieces.flatMap((piece) => piece.tokens ?? []);
    if (jobId === null) early.push({ jobId: event.jobId, text, tokens });
    else if (event.jobId === jobId) tell(text, tokens);
  });
  try {
    return await runUnkept(client, signal, {
      start: () => client.request('generation.start', input),
      onStart(id) {
        jobId = id;
        for (const event of early) if (event.jobId === id) tell(event.text, event.tokens);
      },
      async read(job) {
        const text = await textOf(client, job);
        tell(text.text.slice(told.length), (text.tokens ?? []).slice(toldTokens));
        return text;
      },
    });
  } finally {
    stopText();
  }
}

async function requestOf(client: StudioClient, order: GenerationOrder) {
  const { model, prompt, stop } = order;
  const { sampling } = await client.request('app.catalog', {});
  const { defaults } = await client.request('generation.abilities', { model: model.base.id });
  const ownLimit = defaults.values['max_new_tokens'];
  const context = Math.min(model.base.description.text?.maxPositions ?? usualContext, maxNewTokens);
  return {
    model: model.base.id,
    columns: [model.adapter === null ? null : { adapterId: model.adapter.id }],
    prompt,
    max_new_tokens: order.newTokens ?? (typeof ownLimit === 'number' ? ownLimit : context),
    stop,
    seed: order.seed ?? randomInt(2 ** 31),
    kept: false,
    ...(order.topTokens === null ? {} : { topTokens: order.topTokens }),
    sampling: overModelDefaults(sampling.parameters, defaults, order.sampling),
  };
}

async function textOf(client: StudioClient, job: JobRecord): Promise<GeneratedText> {
  const result = resultOf(await client.request('jobs.result', { id: job.id }), 'generate');
  const [column] = result?.columns ?? [];
  if (column === undefined || column.finish === 'cancelled')
    throw new StudioError('cancelled', 'The generation was cancelled.', 'Ask again.');
  return column;
}
