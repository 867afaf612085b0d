import { execFile } from 'node:child_process';
import { StudioError } from '../../../src-shared/contract/errors.ts';

export interface ProgramOutput {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  /** Content of standard input. */
  readonly input?: string;
  readonly signal?: AbortSignal;
  /** Default: 60. A scheduler that hangs must not hang the studio. */
  readonly timeoutSeconds?: number;
}

/**
 * Runs a program with its arguments, through no shell of this machine.
 * @throws StudioError not_found where there is no such program, cancelled by the signal
 */
export type RunProgram = (words: readonly string[], options?: ProgramOptions) => Promise<ProgramOutput>;

/** The queue of ten thousand jobs as JSON has tens of megabytes. */
const maxBytes = 256 * 2 ** 20;

export const runLocal: RunProgram = ([program = '', ...words], { input = '', signal, timeoutSeconds = 60 } = {}) =>
  new Promise((resolve, reject) => {
    const options = { maxBuffer: maxBytes, timeout: timeoutSeconds * 1000, windowsHide: true, signal };
    const child = execFile(program, words, options, (error, stdout, stderr) => {
      if (error === null) resolve({ code: 0, stdout, stderr });
      else if (signal?.aborted) reject(signal.reason);
      else if (error.code === 'ENOENT') reject(notFound(program));
      else if (error.killed)
        resolve({ code: 124, stdout, stderr: `${program} did not answer within ${timeoutSeconds} seconds` });
      else resolve({ code: typeof error.code === 'number' ? error.code : 1, stdout, stderr: stderr || error.message });
    });
    // One that ends without reading closes the pipe.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });

export interface SshPlace {
  readonly host: string;
  /** A config file instead of the person's own; '' for that. */
  readonly config: string;
}

/** Runs programs on a host by the person's own ssh: keys come from its agent, and nothing is asked or kept. */
export function runRemote({ host, config }: SshPlace): RunProgram {
  requireHost(host);
  return async (words, options) => {
    const output = await runLocal(remoteCommand({ host, config }, words.map(quoted).join(' ')), options);
    // Errors of ssh itself; a program that exits with 255 looks the same, and none of the project's does.
    if (output.code === 255)
      throw new StudioError(
        'disconnected',
        `${host} cannot be reached by ssh: ${lastLine(output.stderr) || 'no answer'}.`,
        `Try: ssh ${host} true. It must work without a question, with a key in the agent.`,
      );
    if (output.code === 127) throw notFound(words[0] ?? '', host);
    return output;
  };
}

/** The words that have a host's shell run a script. @throws StudioError as `requireHost` */
export function remoteCommand({ host, config }: SshPlace, script: string): string[] {
  requireHost(host);
  return [...sshWords(config), '--', host, script];
}

/** Returns true if a program reports a full disk or quota. */
export function saysDiskIsFull(said: string): boolean {
  return /No space left|Disk quota|ENOSPC/i.test(said);
}

export function sshWords(config: string): string[] {
  return ['ssh', ...(config === '' ? [] : ['-F', config]), '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=10'];
}

/** @throws StudioError invalid_input for what ssh would take for an option, or a shell for more than a name */
export function requireHost(host: string): void {
  if (!/^[\w.@:[\]][\w.@:[\]-]*$/.test(host))
    throw new StudioError('invalid_input', `"${host}" is not the name of a host.`, 'Write for example: slurm:login1');
}

/** A word as a POSIX shell reads it back unchanged: the far end of ssh has one, whatever it is sent. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

export function lastLine(text: string): string {
  return (text.trim().split('\n').at(-1) ?? '').trim().replace(/[.]$/, '');
}

function notFound(program: string, host?: string): StudioError {
  return new StudioError(
    'not_found',
    `There is no program "${program}" on ${host ?? 'this machine'}.`,
    host === undefined ? 'Install it, or name a host that has it: slurm:login1.' : 'Install it there.',
  );
}
