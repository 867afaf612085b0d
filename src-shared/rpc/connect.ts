import { createBirpc } from 'birpc';
import type { z } from 'zod';
import { asError, describeIssues, StudioError } from '../contract/errors.ts';
import type { Channel } from './channel.ts';
import {
  type Contract,
  type EventNameOf,
  type InputOf,
  isFrame,
  type OutputOf,
  type PayloadOf,
  type RequestNameOf,
  replySchema,
} from './contract.ts';

export interface Client<C extends Contract> {
  /**
   * Sends a request and waits for its reply without a timeout. Rejects with a StudioError: the handler's own,
   * 'disconnected' if the other side is lost, 'internal' if a message cannot be cloned or a reply does not match its
   * schema.
   */
  request<Name extends RequestNameOf<C>>(name: Name, input: InputOf<C, Name>): Promise<OutputOf<C, Name>>;
  /** Calls `listener` with each event of that name until the returned function is called. */
  on<Name extends EventNameOf<C>>(name: Name, listener: (payload: PayloadOf<C, Name>) => void): () => void;
  onClose(listener: () => void): void;
  readonly closed: boolean;
  close(): void;
}

export interface ConnectOptions {
  /** Called with the error if an event does not match its schema or a listener throws. */
  onFault?(error: Error): void;
}

/** Client side of a contract over a channel. */
export function connect<C extends Contract>(channel: Channel, contract: C, options: ConnectOptions = {}): Client<C> {
  const listeners = new Map<string, Set<(payload: unknown) => void>>();
  const fault = (thrown: unknown): void => options.onFault?.(asError(thrown));

  const receive = (name: string) => (payload: unknown) => {
    for (const listener of [...(listeners.get(name) ?? [])]) {
      try {
        listener(payload);
      } catch (thrown) {
        fault(thrown);
      }
    }
  };
  const rpc = createBirpc<Record<string, (input: unknown) => unknown>, object, false>(Object.create(null), {
    post: (message) => channel.post(message),
    on: (deliver) => {
      channel.on((message) => {
        if (isFrame(message)) deliver(message);
      });
    },
    resolver: (name) => receive(name),
    timeout: -1,
    proxify: false,
  });

  let closed = false;
  const closeListeners: (() => void)[] = [];
  const lost = (): void => {
    if (closed) return;
    closed = true;
    rpc.$close(disconnected());
    for (const listener of closeListeners) listener();
  };
  channel.onClose(lost);

  return {
    async request(name, input) {
      if (closed) throw disconnected();
      const requests: C['requests'] = contract.requests;
      const output: C['requests'][typeof name]['output'] | undefined = Object.hasOwn(requests, name)
        ? requests[name]?.output
        : undefined;
      if (output === undefined) throw new StudioError('not_found', `There is no request named "${name}".`);
      const answer = await rpc.$call(name, input).catch((thrown: unknown) => {
        if (thrown instanceof StudioError) throw thrown;
        const reason = thrown instanceof Error ? thrown.message : String(thrown);
        throw new StudioError('internal', `The request ${name} failed on its way: ${reason}`);
      });
      const reply = replySchema.parse(answer);
      if (!reply.ok) throw StudioError.fromValue(reply.error);
      return parse(`The answer to ${name}`, output, reply.value);
    },
    on(name, listener) {
      const events: C['events'] = contract.events;
      const schema: C['events'][typeof name] | undefined = events[name];
      if (schema === undefined) throw new StudioError('not_found', `There is no event named "${name}".`);
      const checked = (payload: unknown): void => listener(parse(`The event ${name}`, schema, payload));
      const ofName = listeners.get(name) ?? new Set();
      listeners.set(name, ofName.add(checked));
      return () => {
        ofName.delete(checked);
      };
    },
    onClose(listener) {
      if (closed) listener();
      else closeListeners.push(listener);
    },
    get closed() {
      return closed;
    },
    close() {
      lost();
      channel.close();
    },
  };
}

function disconnected(): StudioError {
  return new StudioError('disconnected', 'The other side of the connection is gone.');
}

function parse<Schema extends z.ZodType>(what: string, schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new StudioError('internal', `${what} is malformed: ${describeIssues(parsed.error)}`);
  return parsed.data;
}
