import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { HttpError } from './http-error.ts';

/** Names of this machine in a request's Host header. Any other name has been led here by somebody else's DNS. */
const ownNames = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * Refuses a request that a web page could have sent: one to another name than this machine's (DNS rebinding), or from an
 * origin that was not allowed. A page's own requests always name their origin.
 * @throws HttpError 403
 */
export function requireOwnPage({ headers }: IncomingMessage, allowedOrigins: readonly string[]): void {
  const host = headers.host?.replace(/:\d{1,5}$/, '').toLowerCase() ?? '';
  if (!ownNames.has(host))
    throw new HttpError(403, 'The Host header names another machine: ask 127.0.0.1 or localhost.', 'forbidden_host');
  if (headers.origin !== undefined && !allowedOrigins.includes(headers.origin))
    throw new HttpError(
      403,
      `Web pages of ${headers.origin} may not ask this server: start it with --allow-origin ${headers.origin}.`,
      'forbidden_origin',
    );
}

/** @throws HttpError 401 where the header has not the token; the comparison takes the same time for any wrong one */
export function requireToken({ headers }: IncomingMessage, token: string): void {
  const [, given] = /^Bearer ([^\s]+)$/i.exec(headers.authorization ?? '') ?? [];
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  if (given === undefined || !timingSafeEqual(digest(given), digest(token)))
    throw new HttpError(
      401,
      'The header "Authorization: Bearer TOKEN" has not the token that the server was started with.',
      'invalid_api_key',
    );
}

/** The headers by which a browser lets a page of an allowed origin read the answer. */
export function originHeaders({ headers }: IncomingMessage): Record<string, string> {
  const { origin } = headers;
  return origin === undefined ? {} : { 'access-control-allow-origin': origin, vary: 'origin' };
}

/** Answers a browser's preflight request. */
export function preflightHeaders(request: IncomingMessage): Record<string, string> {
  const asked = request.headers['access-control-request-headers'] ?? '';
  return {
    ...originHeaders(request),
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': /^[\w\s,-]*$/.test(asked) ? asked : '',
    'access-control-allow-private-network': 'true',
    'access-control-max-age': '600',
  };
}
