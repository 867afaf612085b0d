import { create } from 'zustand';
import type { BackendStatus, StudioBridge } from '../../src-shared/contract/bridge.ts';
import { StudioError } from '../../src-shared/contract/errors.ts';
import type { EventName, EventPayload } from '../../src-shared/contract/events.ts';
import type { RequestInput, RequestName, RequestOutput } from '../../src-shared/contract/requests.ts';
import { contract, type StudioClient } from '../../src-shared/contract/studio-client.ts';
import type { Channel } from '../../src-shared/rpc/channel.ts';
import { connect } from '../../src-shared/rpc/connect.ts';

/** Subscribes a listener; kept until a client exists, and repeated each time the backend restarts. */
type Attach = (client: StudioClient) => () => void;

/** State of the backend, for the banner. */
export const useBackendStatus = create<BackendStatus>(() => ({ status: 'starting', generation: 0, error: null }));
let client: StudioClient | null = null;
let waiting: { resolve: (client: StudioClient) => void; reject: (error: Error) => void }[] = [];
const attachments = new Map<Attach, (() => void) | null>();
const connectionListeners = new Set<(connected: boolean) => void>();

/** Connects the window to its backend, and again each time that the backend has been restarted. Called once. */
export function startClient(bridge: StudioBridge): void {
  let closeChannel: (() => void) | null = null;
  let generation = -1;
  bridge.onStatus((next) => {
    useBackendStatus.setState(next, true);
    const gone = next.status !== 'ready' || next.generation !== generation;
    if (gone && client !== null) {
      client = null;
      for (const attach of attachments.keys()) attachments.set(attach, null);
      closeChannel?.();
      for (const listener of connectionListeners) listener(false);
    }
    if (next.status === 'ready' && client === null) {
      generation = next.generation;
      const channel = bridgeChannel(bridge);
      closeChannel = channel.close;
      client = connect(channel, contract, { onFault: (error) => console.error(error) });
      for (const attach of attachments.keys()) attachments.set(attach, attach(client));
      const ready = client;
      for (const waiter of waiting) waiter.resolve(ready);
      waiting = [];
      for (const listener of connectionListeners) listener(true);
    }
    if (next.status === 'failed') {
      const error = next.error ? StudioError.fromValue(next.error) : lostError();
      for (const waiter of waiting) waiter.reject(error);
      waiting = [];
    }
  });
}

function bridgeChannel(bridge: StudioBridge): Channel {
  const stops: (() => void)[] = [];
  const closeListeners: (() => void)[] = [];
  let closed = false;
  return {
    post: (message) => bridge.post(message),
    on(listener) {
      const stop = bridge.on(listener);
      stops.push(stop);
      return stop;
    },
    onClose(listener) {
      closeListeners.push(listener);
    },
    close() {
      if (closed) return;
      closed = true;
      for (const stop of stops) stop();
      for (const listener of closeListeners) listener();
    },
  };
}

function lostError(): StudioError {
  return new StudioError('disconnected', 'The backend isn’t running.', 'Start it again from the banner at the top.');
}

/**
 * Asks the backend; while it starts the request waits. Rejects with a StudioError: the handler's own, or `disconnected`
 * where the backend was lost before it answered.
 */
export async function request<Name extends RequestName>(
  name: Name,
  input: RequestInput<Name>,
): Promise<RequestOutput<Name>> {
  const ready = client ?? (await whenReady());
  return ready.request(name, input);
}

function whenReady(): Promise<StudioClient> {
  const { status, error } = useBackendStatus.getState();
  if (status === 'failed') return Promise.reject(error ? StudioError.fromValue(error) : lostError());
  return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
}

/** Calls the listener for each event of this name until the returned function is called; outlives a lost backend. */
export function onEvent<Name extends EventName>(
  name: Name,
  listener: (payload: EventPayload<Name>) => void,
): () => void {
  const attach: Attach = (ready) => ready.on(name, listener);
  attachments.set(attach, client ? attach(client) : null);
  return () => {
    attachments.get(attach)?.();
    attachments.delete(attach);
  };
}

/**
 * Calls `listener` with true when a backend is connected (at first and after each loss), and with false when it is
 * lost.
 */
export function onConnection(listener: (connected: boolean) => void): () => void {
  connectionListeners.add(listener);
  return () => connectionListeners.delete(listener);
}
