import type { ServerResponse } from 'node:http';
import { HttpError } from './http/http-error.ts';
import { type Exchange, type LoopbackServer, startLoopbackServer } from './http/server.ts';

export type Routes = (exchange: Exchange) => Promise<void>;

export interface HttpServices {
  readonly port: number;
  readonly token: string;
  readonly allowedOrigins: readonly string[];
  /** Handlers below a path: /v1 or /mcp. */
  readonly routes: ReadonlyMap<string, Routes>;
  fail(response: ServerResponse, thrown: unknown): void;
}

/** One server on 127.0.0.1 for all that is served. */
export function serveHttp({ routes, ...options }: HttpServices): Promise<LoopbackServer> {
  return startLoopbackServer({
    ...options,
    async handle(exchange) {
      const [, first = ''] = exchange.path.split('/');
      const answer = routes.get(`/${first}`);
      if (answer === undefined)
        throw new HttpError(404, `There is nothing at ${exchange.path}: see ${[...routes.keys()].join(', ')}.`);
      await answer(exchange);
    },
  });
}
