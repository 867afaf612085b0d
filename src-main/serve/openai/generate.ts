import { randomInt } from 'node:crypto';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { StudioClient } from '../../../src-shared/contract/studio-client.ts';
import type { GenerationResult, Prompt } from '../../../src-shared/domain/generation/generation.ts';
import { maxNewTokens, overModelDefaults } from '../../../src-shared/domain/generation/generation.ts';
import { isOver, type JobRecord, jobError, resultOf } from '../../../src-shared/domain/jobs/job.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import type { ServedModel } from './served-models.ts';

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
}

export type GeneratedText = GenerationResult['columns'][number];

/**
 * Generates one text by a job of the queue, which it cancels when `signal` is aborted. Neither job nor text is kept.
 * @param onText is told new text, piece by piece; together they are the whole text
 * @throws StudioError that the job ended with; cancelled where it was cancelled
 */
export async function generate(
  client: StudioClient,
  order: GenerationOrder,
  signal: AbortSignal,
  onText: (text: string) => void,
): Promise<GeneratedText> {
  const input = await requestOf(client, order);
  requireNotLeft(signal);
  const { promise: ended, resolve } = Promise.withResolvers<JobRecord>();
  // Its text may come before its id.
  const early: { readonly jobId: string; readonly text: string }[] = [];
  let jobId: string | null = null;
  let told = '';
  const tell = (text: string): void => {
    if (text === '') return;
    told += text;
    onText(text);
  };
  const stopText = client.on('generation.text', (event) => {
    const text = event.pieces.map((piece) => piece.text).join('');
    if (jobId === null) early.push({ jobId: event.jobId, text });
    else if (event.jobId === jobId) tell(text);
  });
  const stopJobs = client.on('job.changed', (job) => {
    if (job.id === jobId && isOver(job)) resolve(job);
  });
  const cancel = (): void => {
    // The job may have ended just now.
    if (jobId !== null) client.request('jobs.cancel', { id: jobId }).catch(() => undefined);
  };
  try {
    const { id } = await client.request('generation.start', input);
    jobId = id;
    signal.addEventListener('abort', cancel, { once: true });
    if (signal.aborted) cancel();
    for (const event of early) if (event.jobId === id) tell(event.text);
    const now = await client.request('jobs.get', { id });
    const job = isOver(now) ? now : await ended;
    const text = await textOf(client, job);
    tell(text.text.slice(told.length));
    return text;
  } finally {
    signal.removeEventListener('abort', cancel);
    stopText();
    stopJobs();
    // Jobs left behind, e.g. by a kill, are removed at the next start.
    if (jobId !== null) await client.request('generation.remove', { id: jobId }).catch(() => undefined);
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
    sampling: overModelDefaults(sampling.parameters, defaults, order.sampling),
  };
}

async function textOf(client: StudioClient, job: JobRecord): Promise<GeneratedText> {
  if (job.error !== null) throw jobError(job);
  const result = resultOf(await client.request('jobs.result', { id: job.id }), 'generate');
  const [column] = result?.columns ?? [];
  if (column === undefined || column.finish === 'cancelled')
    throw new StudioError('cancelled', 'The generation was cancelled.', 'Ask again.');
  return column;
}

function requireNotLeft(signal: AbortSignal): void {
  if (signal.aborted) throw new StudioError('cancelled', 'The connection is closed.');
}
