import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { StudioError } from '../src-shared/contract/errors.ts';
import { type RunnerAnswer, type RunnerRequest, runnerAnswers } from './protocol.ts';

const failureSchema = z.object({ error: z.string() });

/** Command that starts a runner's process. */
export interface RunnerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** A runner's process, with one request at a time. */
export class RunnerProcess {
  private readonly child: ChildProcess;
  private waiting: Waiting | null = null;
  private lastWords = '';
  private ended = false;

  /** A signal that aborts ends the process at once, in the middle of a step. */
  constructor({ command, args, environment }: RunnerCommand, signal?: AbortSignal) {
    this.child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      killSignal: 'SIGKILL',
      ...(signal && { signal }),
      env: { ...process.env, ...environment },
    });
    const { stdout, stderr } = this.child;
    if (stdout) createInterface({ input: stdout }).on('line', (line) => this.read(line));
    stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.lastWords = (this.lastWords + text).slice(-2000);
    });
    this.child.once('error', (error) => this.end(error.message));
    this.child.once('close', (code, signal) => this.end(`it ended (${signal ?? code})`));
    // A write to an ended process is reported by its end.
    this.child.stdin?.on('error', () => undefined);
  }

  /** Throws StudioError('internal') with the runner's own message if it failed or ended. */
  async ask<Kind extends RunnerRequest['do']>(
    request: RunnerRequest & { readonly do: Kind },
  ): Promise<RunnerAnswer<Kind>> {
    if (this.ended) throw this.failure('it has ended');
    if (this.waiting !== null) throw new Error('a runner takes one request at a time');
    const answer = await new Promise<unknown>((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.child.stdin?.write(`${JSON.stringify(request)}\n`);
    });
    const failed = failureSchema.safeParse(answer);
    if (failed.success) throw new StudioError('internal', failed.data.error);
    return runnerAnswers[request.do].parse(answer) as RunnerAnswer<Kind>;
  }

  /** Ends the process and waits until its memory is free. */
  async close(): Promise<void> {
    if (this.ended) return;
    const gone = new Promise<void>((resolve) => this.child.once('close', () => resolve()));
    this.child.kill('SIGKILL');
    await gone;
  }

  private read(line: string): void {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      // Output of libraries on standard output is ignored.
      return;
    }
    const { waiting } = this;
    this.waiting = null;
    waiting?.resolve(value);
  }

  private end(how: string): void {
    if (this.ended) return;
    this.ended = true;
    this.waiting?.reject(this.failure(how));
    this.waiting = null;
  }

  private failure(how: string): StudioError {
    const words = this.lastWords.trim().split('\n').at(-1) ?? '';
    return new StudioError('internal', words === '' ? `The process failed: ${how}.` : `${words} (${how}).`);
  }
}
