import { z } from 'zod';

/**
 * The window names no file by its path alone: for what the person chose in a dialog or dropped, it holds a token,
 * `chosen:SECRET:PATH`. The path in it is for people to read; what counts is the secret, which the shell made up.
 */
const tokenPattern = /^chosen:([\w-]{22}):(.*)$/s;

/** Purpose of a path: opened and dropped paths are read, paths from a save dialog are written. */
export const pathUseSchema = z.enum(['read', 'write']);
export type PathUse = z.infer<typeof pathUseSchema>;

/** A path that the person chose. */
export const pathGrantSchema = z.object({ secret: z.string(), path: z.string(), use: pathUseSchema });
export type PathGrant = z.infer<typeof pathGrantSchema>;

export function pathToken({ secret, path }: PathGrant): string {
  return `chosen:${secret}:${path}`;
}

/** The parts of a token, or of a token with a name below its folder appended; null: it is none. */
export function parsePathToken(text: string): { secret: string; path: string } | null {
  const [, secret, path] = tokenPattern.exec(text) ?? [];
  return secret === undefined || path === undefined ? null : { secret, path };
}

/** Returns the path that users see in place of a token. */
export function pathLabel(pathOrToken: string): string {
  return parsePathToken(pathOrToken)?.path ?? pathOrToken;
}
