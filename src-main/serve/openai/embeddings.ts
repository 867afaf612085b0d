import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { StudioClient } from '../../../src-shared/contract/studio-client.ts';
import { embeddingResultSchema, maxEmbeddedTexts } from '../../../src-shared/domain/generation/text-embeddings.ts';
import { type Exchange, sendJson } from '../http/server.ts';
import { parseFields } from './fields.ts';
import { servedModel, servedModels } from './served-models.ts';
import { runUnkept } from './unkept-job.ts';

const ids = z.array(z.number().int().min(0)).min(1);
const embeddingSchema = z.looseObject({
  model: z.string().min(1),
  input: z
    .union(
      [
        z.string(),
        ids,
        z
          .array(z.union([z.string(), ids]))
          .min(1)
          .max(maxEmbeddedTexts),
      ],
      {
        error: `must be a text, a list of token ids, or a list of at most ${maxEmbeddedTexts} of these`,
      },
    )
    .transform(listOf),
  encoding_format: z
    .enum(['float', 'base64'])
    .nullish()
    .transform((format) => format ?? 'float'),
  dimensions: z.number().int().min(1).nullish(),
});
export type EmbeddingRequest = z.infer<typeof embeddingSchema>;

function listOf(input: string | (number | string | number[])[]): (string | number[])[] {
  if (typeof input === 'string') return [input];
  const numbers = input.filter((value) => typeof value === 'number');
  return numbers.length > 0 ? [numbers] : input.filter((value) => typeof value !== 'number');
}

export function parseEmbedding(body: unknown): EmbeddingRequest {
  return parseFields(embeddingSchema, body, { unsupported: {} });
}

/** Answers the vectors of texts, all at once. */
export async function embed(
  client: StudioClient,
  { response, signal }: Exchange,
  body: EmbeddingRequest,
): Promise<void> {
  const { base, adapter } = servedModel(await servedModels(client), body.model);
  const result = await runUnkept(client, signal, {
    start: () =>
      client.request('embeddings.start', {
        model: base.id,
        adapter: adapter === null ? null : { adapterId: adapter.id },
        inputs: body.input,
        dimensions: body.dimensions ?? null,
      }),
    read: async ({ id }) => {
      const { result } = await client.request('jobs.result', { id });
      return embeddingResultSchema.nullable().parse(result);
    },
  });
  if (result === null) throw new StudioError('cancelled', 'The embedding was cancelled.', 'Ask again.');
  const bytes = Buffer.from(result.vectors, 'base64');
  const data = result.tokens.map((_, index) => {
    const own = bytes.subarray(4 * result.width * index, 4 * result.width * (index + 1));
    const embedding = body.encoding_format === 'base64' ? own.toString('base64') : floatsOf(own);
    return { object: 'embedding', index, embedding };
  });
  const tokens = result.tokens.reduce((sum, count) => sum + count, 0);
  const usage = { prompt_tokens: tokens, total_tokens: tokens };
  sendJson(response, 200, { object: 'list', model: body.model, data, usage });
}

function floatsOf(bytes: Buffer): number[] {
  return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(4 * index));
}
