import { z } from 'zod';
import { errorValueSchema } from '../contract/errors.ts';
import { type PathGrant, pathGrantSchema } from '../contract/paths.ts';

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

/** Message of the shell: the person chose this path, by a dialog or by dropping it. */
const grantMessageSchema = z.object({ grant: pathGrantSchema });

export function grantMessage(grant: PathGrant): z.infer<typeof grantMessageSchema> {
  return { grant };
}

export function parseGrant(message: unknown): PathGrant | null {
  const parsed = grantMessageSchema.safeParse(message);
  return parsed.success ? parsed.data.grant : null;
}

/** Message of a backend: the places outside the home that it knows, which the shell may show in the file manager. */
const knownPathsSchema = z.object({ knownPaths: z.array(z.string()) });

export function knownPathsMessage(knownPaths: string[]): z.infer<typeof knownPathsSchema> {
  return { knownPaths };
}

export function parseKnownPaths(message: unknown): readonly string[] | null {
  const parsed = knownPathsSchema.safeParse(message);
  return parsed.success ? parsed.data.knownPaths : null;
}
