import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { LineProcess, type RunnerCommand } from '../line-process.ts';
import type { Outcome } from './report.ts';

const failureSchema = z.object({ error: z.string(), code: z.string().optional() });

/** Drivers start slowly, and compile a large program for seconds. */
const usualSilence = 60;

/** Failure of an answer, with the sentence for the report. */
export class PartError extends Error {
  readonly outcome: Outcome;

  constructor(outcome: Outcome, message: string) {
    super(message);
    this.name = 'PartError';
    this.outcome = outcome;
  }
}

/**
 * A process that computes on a card: one that gives no sign of life has hung and is ended, one that ended by itself has crashed;
 * the next request starts another. One that never gives signs is ended when its time is over.
 */
export class GuardedWorker {
  private readonly command: RunnerCommand;
  private readonly signal: AbortSignal | undefined;
  /** Seconds without a sign of life after which it has hung; null: it gives no signs. */
  silence: number | null;
  /** Seconds until all must be over: no request outlasts them. */
  private readonly remaining: () => number;
  private current: LineProcess | null = null;

  constructor(
    command: RunnerCommand,
    signal?: AbortSignal,
    silence: number | null = usualSilence,
    remaining: () => number = () => Number.POSITIVE_INFINITY,
  ) {
    this.command = command;
    this.silence = silence;
    this.remaining = remaining;
    this.signal = signal;
  }

  /** Throws PartError, or AbortError where the signal aborts. */
  async ask<Schema extends z.ZodType>(request: object, schema: Schema, seconds: number): Promise<z.infer<Schema>> {
    this.signal?.throwIfAborted();
    const worker = this.start();
    const late = Promise.withResolvers<never>();
    const { silence } = this;
    const isOver = () => late.reject(new PartError('unfinished', `It did not end within ${Math.round(seconds)} s.`));
    const hangs = () => {
      const message = `No sign of life for ${silence} s: the driver, or a program on it, hangs.`;
      late.reject(new PartError('hung', message));
    };
    const listen = () => {
      const most = this.remaining();
      if (silence === null || most < silence) return setTimeout(isOver, 1000 * Math.min(silence ?? seconds, most));
      return setTimeout(hangs, 1000 * silence);
    };
    let timer = listen();
    const until = performance.now() + 1000 * seconds;
    const isAlive = () => {
      if (silence === null) return;
      clearTimeout(timer);
      // Not before: whether it is slow or hangs is known by its next sign alone.
      if (performance.now() < until) timer = listen();
      else isOver();
    };
    try {
      const answer = await Promise.race([worker.exchange(request, isAlive), late.promise]);
      const failed = failureSchema.safeParse(answer);
      if (!failed.success) return schema.parse(answer);
      const { error, code } = failed.data;
      throw new PartError(code === 'out_of_memory' || code === 'refused' ? 'refused' : 'failed', error);
    } catch (thrown) {
      await this.close();
      this.signal?.throwIfAborted();
      if (thrown instanceof StudioError) throw new PartError('crashed', `The process ended: ${thrown.message}`);
      throw thrown;
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    const ended = this.current;
    this.current = null;
    await ended?.close();
  }

  private start(): LineProcess {
    if (this.current === null || this.current.ended) this.current = new LineProcess(this.command, this.signal);
    return this.current;
  }
}
