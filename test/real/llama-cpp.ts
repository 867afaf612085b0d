import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { z } from 'zod';

interface Request {
  readonly modelPath: string;
  /** A GGUF file of a LoRA adapter. */
  readonly adapter?: string;
  /** Texts to encode, without special tokens around them. */
  readonly texts?: readonly string[];
  /** Tokens that greedy decoding continues. */
  readonly prompts?: readonly (readonly number[])[];
  readonly newTokens?: number;
  /** Keeps keys and values in float32 instead of float16. */
  readonly exactCache?: boolean;
  /** Number of threads; default 2. */
  readonly threads?: number;
}

export const answerSchema = z.object({
  /** The most probable tokens behind the prompt with the logarithms of their probabilities. */
  most: z.array(z.tuple([z.number(), z.number()])),
  generated: z.array(z.number()),
  text: z.string().default(''),
});
export type LlamaCppAnswer = z.infer<typeof answerSchema>;

const resultSchema = z.object({ encoded: z.array(z.array(z.number())), answers: z.array(answerSchema) });

/** Returns true where `npm run test:real` or `npm run test:peers` has fetched llama.cpp. */
export function hasLlamaCpp(): boolean {
  return Boolean(process.env['COTO_LLAMA_CPP']);
}

/** Runs llama.cpp in a process of its own, whose memory is free again afterwards. */
export function runLlamaCpp(request: Request): z.infer<typeof resultSchema> {
  const input = JSON.stringify({
    texts: [],
    prompts: [],
    newTokens: 1,
    top: 50,
    exactCache: false,
    threads: 2,
    ...request,
  });
  const { stdout, stderr, status } = spawnSync(process.execPath, [join(import.meta.dirname, 'llama-cpp.mjs')], {
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`llama.cpp ended with ${status}: ${stderr}`);
  return resultSchema.parse(JSON.parse(stdout));
}
