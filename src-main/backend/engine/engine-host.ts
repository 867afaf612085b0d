import { fork } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { Channel } from '../../../src-shared/rpc/channel.ts';
import type { EngineIsolation } from '../../engine/compute/selection.ts';
import { findInstallation } from '../../engine/compute/tensorflow/installation.ts';
import { followLines } from '../../logging/output-lines.ts';
import { childProcessChannel } from '../../transport/child-process.ts';
import { messagePortChannel } from '../../transport/message-port.ts';

/** An engine that was started, wherever it runs. */
export interface EngineHost {
  readonly channel: Channel;
  /** Resolves when the engine is gone: with the error that ended it, or null. Never rejects. */
  readonly ended: Promise<Error | null>;
  /** Ends it as it stands, in the middle of its work. */
  terminate(): Promise<void>;
  /** Lets an engine at rest come to its own end, which takes milliseconds; what does not is terminated. */
  end(): Promise<void>;
  /** Resident memory beside this process's own; left out where it is part of that. */
  memoryBytes?(): number;
}

/** Told each line that the engine, its libraries and its drivers write. */
export type OutputListener = (line: string) => void;

/** Starts an engine, or answers null where there can be none in a process of its own. */
export type StartEngine = (home: EngineIsolation, onOutput?: OutputListener) => EngineHost | null;

const ignored: OutputListener = () => undefined;

/** How much of what an engine's process wrote is kept, to be shown if it crashes. */
const keptCharacters = 4000;
const patienceMilliseconds = 2000;

/** Starts the engine where it is wanted. In a process of its own it needs a plain Node: Electron's lends no memory to drivers. */
export const startEngine: StartEngine = (home, onOutput = ignored) => {
  if (home === 'thread') return startEngineWorker(engineFile('worker'), onOutput);
  const node = plainNode();
  return node === null ? null : startEngineProcess(node, engineFile('process'), onOutput);
};

/** Starts the engine in a worker thread, from the sources or from the built file, whichever this module belongs to. */
export function startEngineWorker(file: URL = engineFile('worker'), onOutput: OutputListener = ignored): EngineHost {
  // A worker that is terminated while V8 compiles WebAssembly for it has been seen to take the process down: one that is at
  // rest is asked to leave instead.
  const { port1: lifeline, port2: held } = new MessageChannel();
  lifeline.unref();
  const worker = new Worker(file, {
    workerData: { lifeline: held },
    transferList: [held],
    // Else it would come out of this process, among the answer of a command.
    stdout: true,
    stderr: true,
  });
  followLines(worker.stdout, onOutput);
  followLines(worker.stderr, onOutput);
  let cause: Error | null = null;
  const ended = new Promise<Error | null>((resolve) => {
    worker.on('error', (error: unknown) => {
      cause = error instanceof Error ? error : new Error(String(error));
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
  file: URL = engineFile('process'),
  onOutput: OutputListener = ignored,
): EngineHost {
  const child = fork(fileURLToPath(file), [], {
    execPath: node,
    execArgv: [],
    serialization: 'advanced',
    env: { ...process.env, COTO_ENGINE_PROCESS: 'child', LD_LIBRARY_PATH: libraryPath() },
    // Drivers and libtensorflow write what nobody asked for.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
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
      const clean = terminated || code === 0;
      resolve(clean ? null : new Error(`The engine's process ended with ${signal ?? `code ${code}`}.\n${written}`));
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
    terminate,
    end: terminate,
  };
}

/** Linux tells; elsewhere, and of a process that is gone, 0. */
function residentBytes(processId: number | undefined): number {
  try {
    const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${processId}/status`, 'utf8'))?.[1];
    return Number(kibibytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** CUDA's libraries, where libtensorflow was set up with them: the loader reads this when a process starts. */
function libraryPath(): string | undefined {
  const folders = findInstallation()?.libraryFolders ?? [];
  const given = process.env['LD_LIBRARY_PATH'];
  return folders.length === 0 ? given : [...folders, ...(given ? [given] : [])].join(':');
}

/** This very Node, or beside Electron the one that the shell names. */
export function plainNode(): string | null {
  if (process.versions['electron'] === undefined) return process.execPath;
  const named = process.env['COTO_NODE'];
  return named !== undefined && existsSync(named) ? named : null;
}

function engineFile(name: 'worker' | 'process'): URL {
  const built = !import.meta.url.endsWith('.ts');
  return new URL(built ? `../engine/${name}.mjs` : `../../engine/${name}.ts`, import.meta.url);
}
