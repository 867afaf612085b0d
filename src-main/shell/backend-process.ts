import type { BackendStatus } from '../../src-shared/contract/bridge.ts';
import { type ErrorValue, StudioError, toErrorValue } from '../../src-shared/contract/errors.ts';
import type { PathGrant } from '../../src-shared/contract/paths.ts';
import type { RecoveryWay } from '../../src-shared/contract/recovery-way.ts';
import type { Channel } from '../../src-shared/rpc/channel.ts';
import { parseRequestFrame } from '../../src-shared/rpc/contract.ts';
import { grantMessage, parseHello, parseKnownPaths } from '../../src-shared/rpc/hello.ts';
import type { Log } from '../logging/log.ts';
import { fewArenas } from '../transport/heap-limits.ts';
import { RestartPauses } from './restart-pauses.ts';
import { startProcess } from './start-process.ts';

export interface BackendProcessOptions {
  /** The built backend module. */
  readonly entry: string;
  readonly home: string;
  /** Folder of the modules' compiled code, outside of the home; null if nothing is kept compiled. */
  readonly compiled: string | null;
  readonly resourcesDirectory: string;
  /**
   * A plain Node ≥ 22: for engines on a GPU, and for the backend if Electron's Node is older. null if there is none.
   */
  readonly node: string | null;
  readonly log: Log;
  /** The paths that the person chose so far: a backend that is started again has to be told. */
  grants(): readonly PathGrant[];
  onMessage(message: unknown): void;
  onKnownPaths(paths: readonly string[]): void;
  onStatus(status: BackendStatus): void;
}

export interface BackendProcess {
  readonly status: BackendStatus;
  /** Passes a window's request on and returns its id; null if the message was dropped: no request, or no backend is ready. */
  post(message: unknown): string | null;
  /** Tells the backend that the person chose a path. */
  grant(grant: PathGrant): void;
  /** Restarts the backend after it failed to start; a damaged home is recovered in that way first. */
  restart(recovery?: RecoveryWay): void;
  /** Ends the backend, so that something else can have its home, and returns what starts it again. */
  rest(graceMilliseconds: number): Promise<() => void>;
  /** Ends the backend for good, after `graceMilliseconds` to close its files. */
  stop(graceMilliseconds: number): Promise<void>;
}

/**
 * Starts the backend, watches it, and restarts it with increasing delays when it ends, up to a few times in a row. It runs in
 * a utility process, or on a plain Node if Electron's is too old for the database.
 */
export function startBackendProcess(options: BackendProcessOptions): BackendProcess {
  let status: BackendStatus = { status: 'starting', generation: 0, error: null };
  let channel: Channel | null = null;
  let stopping = false;
  const pauses = new RestartPauses();
  let timer: NodeJS.Timeout | null = null;

  const tell = (
    name: BackendStatus['status'],
    error: ErrorValue | null = null,
    generation = status.generation,
  ): void => {
    status = { status: name, generation, error };
    const fields = { generation, ...(error === null ? {} : { err: StudioError.fromValue(error) }) };
    if (error === null) options.log.info(fields, `the backend is ${name}`);
    else options.log.error(fields, `the backend is ${name}`);
    options.onStatus(status);
  };

  const start = (recovery?: RecoveryWay): void => {
    timer = null;
    const startedAt = Date.now();
    tell('starting', null, status.generation + 1);
    let opened: Channel;
    try {
      opened = openChannel(options, recovery);
    } catch (thrown) {
      tell('failed', toErrorValue(thrown));
      return;
    }
    channel = opened;
    let failed = false;
    opened.on((message) => {
      if (status.status === 'ready') {
        const known = parseKnownPaths(message);
        if (known === null) options.onMessage(message);
        else options.onKnownPaths(known);
        return;
      }
      const hello = parseHello(message);
      if (hello === null) return;
      if (hello.ready) {
        for (const grant of options.grants()) opened.post(grantMessage(grant));
        tell('ready');
      } else {
        failed = true;
        tell('failed', hello.error);
      }
    });
    opened.onClose(() => {
      // One that failed may take its time to end: the next may be there already.
      if (channel === opened) channel = null;
      if (stopping || failed) return;
      const pause = pauses.next(Date.now() - startedAt);
      if (pause === null) {
        const message = 'The backend ended unexpectedly several times in a row.';
        tell('failed', toErrorValue(new StudioError('disconnected', message, 'The log says why.')));
        return;
      }
      const message = 'The backend ended unexpectedly and is restarting.';
      tell('lost', toErrorValue(new StudioError('disconnected', message, 'Interrupted jobs can be resumed.')));
      timer = setTimeout(() => start(), pause);
    });
  };
  start();

  const end = (graceMilliseconds: number): Promise<void> => {
    stopping = true;
    if (timer) clearTimeout(timer);
    const last = channel;
    if (last === null) return Promise.resolve();
    return new Promise((resolve) => {
      const kill = setTimeout(() => {
        last.close();
        resolve();
      }, graceMilliseconds);
      last.onClose(() => {
        clearTimeout(kill);
        resolve();
      });
      last.post({ shutdown: true });
    });
  };

  return {
    get status() {
      return status;
    },
    post(message) {
      const frame = parseRequestFrame(message);
      if (frame === null || status.status !== 'ready' || channel === null) return null;
      channel.post(frame);
      return frame.i;
    },
    grant(grant) {
      if (status.status === 'ready') channel?.post(grantMessage(grant));
    },
    restart(recovery) {
      if (status.status !== 'failed') return;
      pauses.reset();
      start(recovery);
    },
    async rest(graceMilliseconds) {
      await end(graceMilliseconds);
      tell('starting');
      return () => {
        stopping = false;
        start();
      };
    },
    stop: end,
  };
}

function openChannel(options: BackendProcessOptions, recovery: RecoveryWay | undefined): Channel {
  return startProcess({
    entry: options.entry,
    node: options.node,
    log: options.log,
    program: 'backend',
    serviceName: 'CoTo Studio backend',
    env: {
      ...process.env,
      ...fewArenas,
      COTO_STUDIO_HOME: options.home,
      COTO_STUDIO_RESOURCES: options.resourcesDirectory,
      // Compiling its modules is a third of what the backend's start costs.
      ...(options.compiled === null ? { NODE_DISABLE_COMPILE_CACHE: '1' } : { NODE_COMPILE_CACHE: options.compiled }),
      // Also where there is none: what the surroundings name is not for the backend to run.
      COTO_NODE: options.node ?? '',
      // Also where nothing is to be recovered: it is asked for once, and by nobody else.
      COTO_STUDIO_RECOVERY: recovery ?? '',
    },
  });
}
