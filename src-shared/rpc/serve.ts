import { createBirpc } from 'birpc';
import { asError, StudioError, toErrorValue } from '../contract/errors.ts';
import type { Channel } from './channel.ts';
import {
  type Contract,
  type EventNameOf,
  type Handlers,
  isFrame,
  type PayloadOf,
  type Reply,
  type RequestNameOf,
  replyId,
} from './contract.ts';

/** Serves any request of a contract by name; it validates its input itself. */
export type Dispatch = (name: string, input: unknown) => unknown;

export interface Server<C extends Contract> {
  /** Sends an event to the client; a no-op once the client is gone. */
  emit<Name extends EventNameOf<C>>(name: Name, payload: PayloadOf<C, Name>): void;
  close(): void;
}

export interface ServeOptions {
  /** Called with the error if an event cannot be cloned. */
  onFault?(error: Error): void;
}

/**
 * Serves the requests of `contract` that arrive on `channel`. Each input is parsed by its schema first; anything a
 * handler throws or rejects with is returned as an error value, and so is a result that cannot be cloned.
 *
 * A function in place of the handlers receives every request with its unparsed input.
 */
export function serve<C extends Contract>(
  channel: Channel,
  contract: C,
  handlers: Handlers<C> | Dispatch,
  options: ServeOptions = {},
): Server<C> {
  const endpoints = new Map<string, (input: unknown) => Promise<Reply>>();
  for (const name of Object.keys(contract.requests)) endpoints.set(name, answering(endpoint(contract, handlers, name)));

  const post = (message: unknown): void => {
    try {
      channel.post(message);
    } catch (thrown) {
      const id = replyId(message);
      if (id === null) throw thrown;
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      const error = toErrorValue(new StudioError('internal', `The answer could not be sent: ${reason}`));
      channel.post({ t: 's', i: id, r: { ok: false, error } satisfies Reply });
    }
  };
  const rpc = createBirpc<Record<string, (payload: unknown) => void>, object, false>(Object.create(null), {
    post,
    on: (receive) => {
      channel.on((message) => {
        if (isFrame(message)) receive(message);
      });
    },
    resolver: (name) =>
      endpoints.get(name) ??
      (async (): Promise<Reply> => ({
        ok: false,
        error: toErrorValue(new StudioError('not_found', `There is no request named "${name}".`)),
      })),
    timeout: -1,
    proxify: false,
    onGeneralError: (error) => {
      options.onFault?.(error);
      return true;
    },
  });
  let closed = false;
  channel.onClose(() => {
    closed = true;
  });
  return {
    emit(name, payload) {
      if (closed) return;
      rpc.$callEvent(name, payload).catch((error: unknown) => {
        options.onFault?.(asError(error));
      });
    },
    close() {
      closed = true;
      rpc.$close();
      channel.close();
    },
  };
}

function endpoint<C extends Contract>(
  contract: C,
  handlers: Handlers<C> | Dispatch,
  name: RequestNameOf<C>,
): (input: unknown) => unknown {
  if (typeof handlers === 'function') return (input) => handlers(name, input);
  const schema: C['requests'][RequestNameOf<C>]['input'] | undefined = contract.requests[name]?.input;
  const handler = handlers[name];
  if (schema === undefined || handler === undefined) throw new Error(`no handler for the request "${name}"`);
  return (input) => handler(schema.parse(input));
}

function answering(call: (input: unknown) => unknown): (input: unknown) => Promise<Reply> {
  return async (input) => {
    try {
      return { ok: true, value: await call(input) };
    } catch (thrown) {
      return { ok: false, error: toErrorValue(thrown) };
    }
  };
}
