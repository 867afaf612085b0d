import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { StudioError } from '../../src-shared/contract/errors.ts';

/** Command that starts a process that answers JSON lines. */
export interface RunnerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

const signSchema = z.object({ alive: z.literal(true) });

/** A process that answers each JSON line with one, one at a time. */
export class LineProcess {
  private readonly child: ChildProcess;
  private waiting: Waiting | null = null;
  private onSign: () => void = () => undefined;
  private lastWords = '';
  private hasEnded = false;

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

  get ended(): boolean {
    return this.hasEnded;
  }

  /**
   * Throws StudioError('internal') with the process's last words if it ended. `onSign` is called at each `{"alive":true}` that it
   * writes before its answer.
   */
  async exchange(request: unknown, onSign: () => void = () => undefined): Promise<unknown> {
    if (this.hasEnded) throw this.failure('it has ended');
    if (this.waiting !== null) throw new Error('a runner takes one request at a time');
    return new Promise<unknown>((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.onSign = onSign;
      this.child.stdin?.write(`${JSON.stringify(request)}\n`);
    });
  }

  /** Ends the process and waits until its memory is free. */
  async close(): Promise<void> {
    if (this.hasEnded) return;
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
    if (signSchema.safeParse(value).success) {
      this.onSign();
      return;
    }
    const { waiting } = this;
    this.waiting = null;
    waiting?.resolve(value);
  }

  private end(how: string): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.waiting?.reject(this.failure(how));
    this.waiting = null;
  }

  private failure(how: string): StudioError {
    const words = this.lastWords.trim().split('\n').at(-1) ?? '';
    return new StudioError('internal', words === '' ? `The process failed: ${how}.` : `${words} (${how}).`);
  }
}
