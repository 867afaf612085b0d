import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { type UtilityProcess, utilityProcess } from 'electron';
import { StudioError } from '../../src-shared/contract/errors.ts';
import type { Channel } from '../../src-shared/rpc/channel.ts';
import { archiveSwitches } from '../archive/beside-archive.ts';
import type { Log } from '../logging/log.ts';
import { followLines } from '../logging/output-lines.ts';
import { childProcessChannel } from '../transport/child-process.ts';
import { youngGenerationFlag } from '../transport/heap-limits.ts';
import { utilityProcessChannel } from './utility-channel.ts';

interface StartOptions {
  /** The built module. */
  readonly entry: string;
  readonly env: NodeJS.ProcessEnv;
  /** A plain Node ≥ 22, or null. */
  readonly node: string | null;
  readonly log: Log;
  /** Name in the log. */
  readonly program: string;
  readonly serviceName: string;
}

/**
 * Starts a module that opens the database: in a utility process, or on a plain Node if Electron's is too old for that.
 * @throws StudioError refused where there is neither
 */
export function startProcess({ entry, env, node, log, program, serviceName }: StartOptions): Channel {
  if (Number(process.versions.node.split('.')[0]) >= 22)
    return followed(
      utilityProcess.fork(entry, [], {
        env,
        execArgv: [`--js-flags=${youngGenerationFlag}`],
        serviceName,
        stdio: 'pipe',
      }),
      utilityProcessChannel,
      log.child({ program }),
    );
  if (node === null || !existsSync(node))
    throw new StudioError(
      'refused',
      `Electron ${process.versions.electron} includes Node ${process.versions.node}, which is too old for the backend, and no newer Node was found.`,
      'Start the app with `npm start`, or set COTO_NODE to a Node ≥ 22.',
    );
  return followed(
    fork(entry, [], {
      env,
      execPath: node,
      execArgv: [youngGenerationFlag, ...archiveSwitches(pathToFileURL(entry))],
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    }),
    childProcessChannel,
    log.child({ program }),
  );
}

/** Logs the output of the process (above all a crash of Node), and prints it to the terminal. */
function followed<Child extends ChildProcess | UtilityProcess>(
  child: Child,
  channelOf: (child: Child) => Channel,
  log: Log,
): Channel {
  for (const stream of [child.stdout, child.stderr])
    if (stream instanceof Readable)
      followLines(stream, (line) => {
        log.warn(line);
        process.stderr.write(`${line}\n`);
      });
  return channelOf(child);
}
