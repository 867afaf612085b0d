import { z } from 'zod';
import { errorValueSchema } from '../contract/errors.ts';

/**
 * The first message of a backend on its wire to the shell, before any RPC frame: it answers from now on, or it could not
 * start and why.
 */
const helloSchema = z.object({
  hello: z.discriminatedUnion('ready', [
    z.object({ ready: z.literal(true) }),
    z.object({ ready: z.literal(false), error: errorValueSchema }),
  ]),
});
export type Hello = z.infer<typeof helloSchema>['hello'];

export function helloMessage(hello: Hello): z.infer<typeof helloSchema> {
  return { hello };
}

export function parseHello(message: unknown): Hello | null {
  const parsed = helloSchema.safeParse(message);
  return parsed.success ? parsed.data.hello : null;
}

/** What the shell posts when the app is about to end: close everything, then exit. */
const shutdownSchema = z.object({ shutdown: z.literal(true) });

export function isShutdown(message: unknown): boolean {
  return shutdownSchema.safeParse(message).success;
}
