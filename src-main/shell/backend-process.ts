import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Readable } from 'node:stream';
import { type UtilityProcess, utilityProcess } from 'electron';
import type { BackendStatus } from '../../src-shared/contract/bridge.ts';
import { type ErrorValue, StudioError, toErrorValue } from '../../src-shared/contract/errors.ts';
import type { Channel } from '../../src-shared/rpc/channel.ts';
import { parseHello } from '../../src-shared/rpc/hello.ts';
import type { Log } from '../logging/log.ts';
import { followLines } from '../logging/output-lines.ts';
import { childProcessChannel } from '../transport/child-process.ts';
import { utilityProcessChannel } from './utility-channel.ts';

export interface BackendProcessOptions {
  /** The built backend module. */
  readonly entry: string;
  readonly home: string;
  readonly resourcesDirectory: string;
  /** A plain Node ≥ 22: for engines on a GPU, and for the backend where Electron's own is older. null where there is none. */
  readonly node: string | null;
  readonly log: Log;
  onMessage(message: unknown): void;
  onStatus(status: BackendStatus): void;
}

export interface BackendProcess {
  readonly status: BackendStatus;
  post(message: unknown): void;
  /** Starts it again after it failed to start. */
  restart(): void;
  /** Ends it for good, after it had `graceMilliseconds` to close its files. */
  stop(graceMilliseconds?: number): Promise<void>;
}

const firstPauseMilliseconds = 500;
const longestPauseMilliseconds = 15_000;
/** One that lived this long was healthy: the pauses start from the shortest again. */
const healthyMilliseconds = 60_000;

/**
 * Starts the backend, watches it, and starts it again with growing pauses when it ends. It runs in a utility process, or
 * on a Node of its own where Electron's is too old for the database.
 */
export function startBackendProcess(options: BackendProcessOptions): BackendProcess {
  let status: BackendStatus = { status: 'starting', generation: 0, error: null };
  let channel: Channel | null = null;
  let stopping = false;
  let pause = firstPauseMilliseconds;
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

  const start = (): void => {
    timer = null;
    const startedAt = Date.now();
    tell('starting', null, status.generation + 1);
    let opened: Channel;
    try {
      opened = openChannel(options);
    } catch (thrown) {
      tell('failed', toErrorValue(thrown));
      return;
    }
    channel = opened;
    let failed = false;
    opened.on((message) => {
      if (status.status === 'ready') {
        options.onMessage(message);
        return;
      }
      const hello = parseHello(message);
      if (hello === null) return;
      if (hello.ready) tell('ready');
      else {
        failed = true;
        tell('failed', hello.error);
      }
    });
    opened.onClose(() => {
      channel = null;
      if (stopping || failed) return;
      const lived = Date.now() - startedAt;
      if (lived > healthyMilliseconds) pause = firstPauseMilliseconds;
      const message = 'The backend ended unexpectedly and is being started again.';
      tell('lost', toErrorValue(new StudioError('disconnected', message, 'Jobs that were running can be resumed.')));
      timer = setTimeout(start, pause);
      pause = Math.min(pause * 2, longestPauseMilliseconds);
    });
  };
  start();

  return {
    get status() {
      return status;
    },
    post(message) {
      if (status.status === 'ready') channel?.post(message);
    },
    restart() {
      if (status.status === 'failed') start();
    },
    stop(graceMilliseconds = 8000) {
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
    },
  };
}

function openChannel(options: BackendProcessOptions): Channel {
  const env = {
    ...process.env,
    COTO_STUDIO_HOME: options.home,
    COTO_STUDIO_RESOURCES: options.resourcesDirectory,
    ...(options.node === null ? {} : { COTO_NODE: options.node }),
  };
  if (Number(process.versions.node.split('.')[0]) >= 22)
    return followed(
      utilityProcess.fork(options.entry, [], { env, serviceName: 'CoTo Studio backend', stdio: 'pipe' }),
      utilityProcessChannel,
      options.log,
    );
  if (options.node === null || !existsSync(options.node))
    throw new StudioError(
      'refused',
      `Electron ${process.versions.electron} carries Node ${process.versions.node}, which is too old for the backend, and no newer Node was found.`,
      'Start the app with `npm start`, or name a Node ≥ 22 in COTO_NODE.',
    );
  return followed(
    fork(options.entry, [], {
      env,
      execPath: options.node,
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    }),
    childProcessChannel,
    options.log,
  );
}

/** What the backend's process writes (a crash of Node above all) goes into the log, and to the terminal as before. */
function followed<Child extends ChildProcess | UtilityProcess>(
  child: Child,
  channelOf: (child: Child) => Channel,
  log: Log,
): Channel {
  const program = log.child({ program: 'backend' });
  for (const stream of [child.stdout, child.stderr])
    if (stream instanceof Readable)
      followLines(stream, (line) => {
        program.warn(line);
        process.stderr.write(`${line}\n`);
      });
  return channelOf(child);
}
