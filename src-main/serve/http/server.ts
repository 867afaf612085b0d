import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { HttpError } from './http-error.ts';

/** Names of this machine in a request's Host header. Any other name has been led here by somebody else's DNS. */
const ownNames = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * Refuses a request that a web page could have sent: one to another name than this machine's (DNS rebinding), or from an
 * origin that was not allowed. A page's own requests always name their origin.
 * @throws HttpError 403
 */
function requireOwnPage({ headers }: IncomingMessage, allowedOrigins: readonly string[]): void {
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
function requireToken({ headers }: IncomingMessage, token: string): void {
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
function originHeaders({ headers }: IncomingMessage): Record<string, string> {
  const { origin } = headers;
  return origin === undefined ? {} : { 'access-control-allow-origin': origin, vary: 'origin' };
}

/** Answers a browser's preflight request. */
function preflightHeaders(request: IncomingMessage): Record<string, string> {
  const asked = request.headers['access-control-request-headers'] ?? '';
  return {
    ...originHeaders(request),
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': /^[\w\s,-]*$/.test(asked) ? asked : '',
    'access-control-allow-private-network': 'true',
    'access-control-max-age': '600',
  };
}

/** The one address that is listened on: no other machine reaches it. */
const loopback = '127.0.0.1';
const maxConnections = 256;
/** Connections that have not shown the token: with more, the oldest is closed, so that strangers never take all of them. */
const maxStrangers = 64;
/** Deadlines of a request's headers and of all of it, and how often they are looked at. The answer may take longer. */
const deadlines = { headersTimeout: 10_000, requestTimeout: 60_000, connectionsCheckingInterval: 2000 };
/** Longer than clients keep an idle connection, e.g. 5 s in httpx: a request must not meet one that is being closed. */
const keepAliveMilliseconds = 75_000;

/** A request that has passed the guards. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Its path without the query, decoded. */
  readonly path: string;
  /** Aborted when the other side leaves before the answer is complete, and when the server closes. */
  readonly signal: AbortSignal;
}

export interface LoopbackOptions {
  /** 0: any that is free. */
  readonly port: number;
  readonly token: string;
  /** Origins whose pages may ask, e.g. http://localhost:3000. */
  readonly allowedOrigins: readonly string[];
  /** Answers; throws HttpError where it cannot. */
  handle(exchange: Exchange): Promise<void>;
  /** Writes what was thrown, if nothing was written yet. */
  fail(response: ServerResponse, thrown: unknown): void;
}

export interface LoopbackServer {
  /** e.g. http://127.0.0.1:8642 */
  readonly url: string;
  /** Ends all connections. */
  close(): Promise<void>;
}

/**
 * An HTTP server on 127.0.0.1 alone, for programs that know the token.
 * @throws StudioError refused where the port is taken
 */
export async function startLoopbackServer(options: LoopbackOptions): Promise<LoopbackServer> {
  const closing = new AbortController();
  const strangers = new Set<Socket>();
  const server = createServer(deadlines, (request, response) => {
    const left = new AbortController();
    response.on('close', () => {
      if (!response.writableEnded) left.abort();
    });
    const signal = AbortSignal.any([left.signal, closing.signal]);
    answer(options, request, response, { signal, strangers }).catch((thrown: unknown) => {
      if (!signal.aborted || closing.signal.aborted) options.fail(response, thrown);
    });
  });
  server.on('connection', (socket) => {
    strangers.add(socket);
    socket.once('close', () => strangers.delete(socket));
    // A set keeps the order of its entries.
    if (strangers.size > maxStrangers) strangers.values().next().value?.destroy();
  });
  server.maxConnections = maxConnections;
  server.keepAliveTimeout = keepAliveMilliseconds;
  await listen(server, options.port);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  return {
    url: `http://${loopback}:${port}`,
    async close() {
      closing.abort();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  { token, allowedOrigins, handle }: LoopbackOptions,
  request: IncomingMessage,
  response: ServerResponse,
  { signal, strangers }: { readonly signal: AbortSignal; readonly strangers: Set<Socket> },
): Promise<void> {
  requireOwnPage(request, allowedOrigins);
  if (request.method === 'OPTIONS' && request.headers.origin !== undefined) {
    response.writeHead(204, preflightHeaders(request)).end();
    return;
  }
  for (const [name, value] of Object.entries(originHeaders(request))) response.setHeader(name, value);
  response.setHeader('cache-control', 'no-store');
  requireToken(request, token);
  strangers.delete(request.socket);
  await handle({ request, response, path: pathOf(request), signal });
}

function pathOf(request: IncomingMessage): string {
  try {
    return decodeURIComponent((request.url ?? '/').replace(/[?#].*$/s, ''));
  } catch {
    throw new HttpError(400, 'The path of the request is not encoded as it should be.');
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    // The listener stays: a failed connection, e.g. without file descriptors left, must not end the server.
    server.on('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new StudioError(
              'refused',
              `Port ${port} is taken by another program.`,
              'Give another --port, or 0 for any.',
            )
          : new StudioError('refused', `Port ${port} cannot be listened on: ${error.message}.`, 'Give another --port.'),
      );
    });
    server.listen(port, loopback, resolve);
  });
}

/** Writes one JSON document. */
export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  if (response.headersSent) return;
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(value));
}
