import { fork } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { MessageChannel, Worker } from 'node:worker_threads';
import { asError } from '../../../src-shared/contract/errors.ts';
import type { Channel } from '../../../src-shared/rpc/channel.ts';
import { archiveSwitches, threadSwitches } from '../../archive/beside-archive.ts';
import { programFile } from '../../archive/program-file.ts';
import { type EngineIsolation, libraryPath } from '../../engine/api/compute.ts';
import { memoryKills, ranOutOfMemory, setOomScore } from '../../files/control-group.ts';
import { followLines } from '../../logging/output-lines.ts';
import { childProcessChannel } from '../../transport/child-process.ts';
import { youngGenerationFlag, youngGenerationLimits } from '../../transport/heap-limits.ts';
import { messagePortChannel } from '../../transport/message-port.ts';

/** A running engine, in a thread or a process. */
export interface EngineHost {
  readonly channel: Channel;
  /** Resolves when the engine has ended: with the error that ended it, or null. Never rejects. */
  readonly ended: Promise<Error | null>;
  /** Terminates the engine at once, even in the middle of its work. */
  terminate(): Promise<void>;
  /** Lets an idle engine exit by itself, which takes milliseconds; terminates it otherwise. */
  end(): Promise<void>;
  /** Resident memory of the engine's own process; absent if it shares this one. */
  memoryBytes?(): number;
  /** Processor time of the engine's own process so far; null on systems that do not say. */
  processorMilliseconds?(): number | null;
  /** Time for which the engine's main thread was ready to run and had no processor; 0 on systems that do not say. */
  queuedMilliseconds?(): number;
}

/** Another process, or the kernel, has ended the engine's process, which had no time to say anything. */
export class EngineKilledError extends Error {
  readonly outOfMemory: boolean;

  constructor(outOfMemory: boolean) {
    super(`The engine process was killed${outOfMemory ? ' by the kernel, since memory ran out' : ' from outside'}.`);
    this.name = 'EngineKilledError';
    this.outOfMemory = outOfMemory;
  }
}

/** Called with each line that the engine, its libraries and its drivers print. */
export type OutputListener = (line: string) => void;

/** Starts an engine; returns null if it cannot have a process of its own. */
export type StartEngine = (home: EngineIsolation, onOutput?: OutputListener) => EngineHost | null;

const ignored: OutputListener = () => undefined;

/** Length of an engine's output that is kept, to be shown if it crashes. */
const keptCharacters = 4000;
const patienceMilliseconds = 2000;

/**
 * Starts the engine in a thread or a process. A process needs a plain Node: Electron's V8 sandbox allows no external
 * memory.
 */
export const startEngine: StartEngine = (home, onOutput = ignored) => {
  if (home === 'thread') return startEngineWorker(programFile('engine-worker'), onOutput);
  const node = plainNode();
  return node === null ? null : startEngineProcess(node, programFile('engine-process'), onOutput);
};

/** Starts the engine in a worker thread, from the sources or from the build, as this module was loaded. */
export function startEngineWorker(
  file: URL = programFile('engine-worker'),
  onOutput: OutputListener = ignored,
  heapMebibytes?: number,
): EngineHost {
  // Terminating a worker while V8 compiles WebAssembly for it can crash the process: an idle one is asked to exit
  // instead.
  const { port1: lifeline, port2: held } = new MessageChannel();
  lifeline.unref();
  const worker = new Worker(file, {
    workerData: { lifeline: held },
    ...threadSwitches(file),
    resourceLimits: {
      ...youngGenerationLimits,
      ...(heapMebibytes === undefined ? {} : { maxOldGenerationSizeMb: heapMebibytes }),
    },
    transferList: [held],
    // Otherwise it would be printed by this process, mixed with the output of a command.
    stdout: true,
    stderr: true,
  });
  followLines(worker.stdout, onOutput);
  followLines(worker.stderr, onOutput);
  let cause: Error | null = null;
  const ended = new Promise<Error | null>((resolve) => {
    worker.on('error', (error: unknown) => {
      cause = asError(error);
    });
    worker.on('exit', () => resolve(cause));
  });
  const terminate = async (): Promise<void> => {
    await worker.terminate();
  };
  return {
    channel: messagePortChannel(worker),
    ended,
    terminate,
    end: async () => {
      lifeline.close();
      const patience = new AbortController();
      await Promise.race([ended, setTimeout(patienceMilliseconds, null, { signal: patience.signal })]);
      patience.abort();
      await terminate();
    },
  };
}

/** Starts the engine in a process of its own on `node`; a crash there ends nothing else. */
export function startEngineProcess(
  node: string,
  file: URL = programFile('engine-process'),
  onOutput: OutputListener = ignored,
  nodeOptions: readonly string[] = [],
): EngineHost {
  const child = fork(fileURLToPath(file), [], {
    execPath: node,
    execArgv: [youngGenerationFlag, ...archiveSwitches(file), ...nodeOptions],
    serialization: 'advanced',
    env: { ...process.env, COTO_ENGINE_PROCESS: 'child', LD_LIBRARY_PATH: libraryPath() },
    // Drivers and libtensorflow print messages of their own.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  if (child.pid !== undefined) setOomScore(child.pid);
  const killsBefore = memoryKills();
  let written = '';
  for (const stream of [child.stdout, child.stderr])
    if (stream !== null)
      followLines(stream, (line) => {
        written = `${written}${line}\n`.slice(-keptCharacters);
        onOutput(line);
      });
  let terminated = false;
  const ended = new Promise<Error | null>((resolve) => {
    child.on('error', resolve);
    child.on('close', (code, signal) => {
      if (terminated || code === 0) resolve(null);
      else if (signal === 'SIGKILL') resolve(new EngineKilledError(ranOutOfMemory(killsBefore)));
      else resolve(new Error(`The engine process exited with ${signal ?? `code ${code}`}.\n${written}`));
    });
  });
  const terminate = async (): Promise<void> => {
    terminated = true;
    child.kill('SIGKILL');
    await ended;
  };
  return {
    channel: childProcessChannel(child),
    ended,
    memoryBytes: () => residentBytes(child.pid),
    processorMilliseconds: () => processorTime(child.pid),
    queuedMilliseconds: () => queuedTime(child.pid),
    terminate,
    end: terminate,
  };
}

/** Resident memory from /proc; 0 on other systems and for a process that has ended. */
function residentBytes(processId: number | undefined): number {
  try {
    const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${processId}/status`, 'utf8'))?.[1];
    return Number(kibibytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** User and system time from /proc, in hundredths of a second. */
function processorTime(processId: number | undefined): number | null {
  try {
    // The name, in parentheses, may hold spaces.
    const fields = readFileSync(`/proc/${processId}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return null;
  }
}

/** The second number of schedstat, in nanoseconds; 0 where the kernel does not count it, and for a process that has ended. */
function queuedTime(processId: number | undefined): number {
  try {
    return Number(readFileSync(`/proc/${processId}/schedstat`, 'utf8').split(' ')[1] ?? 0) / 1e6;
  } catch {
    return 0;
  }
}

/** This process's own Node, or under Electron the one that the shell names. */
export function plainNode(): string | null {
  if (process.versions['electron'] === undefined) return process.execPath;
  const named = process.env['COTO_NODE'];
  return named !== undefined && existsSync(named) ? named : null;
}
