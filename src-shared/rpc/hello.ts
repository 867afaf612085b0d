import { z } from 'zod';
import { errorValueSchema } from '../contract/errors.ts';

/**
 * First message of a backend to the shell, before any RPC frame: it is ready, or could not start and why.
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

/** Message of the shell when the app is quitting: close everything, then exit. */
const shutdownSchema = z.object({ shutdown: z.literal(true) });

export function isShutdown(message: unknown): boolean {
  return shutdownSchema.safeParse(message).success;
}
