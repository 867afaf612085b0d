import { createContext, Script } from 'node:vm';
import { StudioError } from '../../src-shared/contract/errors.ts';

/** Shared by all calls: creating a context takes longer than tokenizing most texts. */
const sandbox: { run: () => void } = { run: () => undefined };
const context = createContext(sandbox);
const script = new Script('run()');
/** On a machine under load a call may have been stopped before it had its share of a processor. */
const MOST_ATTEMPTS = 4;

type What = string | ((seconds: number) => StudioError);

/**
 * The processor time that code may take in all whose duration an untrusted file decides: loops of a template, backtracking
 * of a regular expression. One clock serves all calls of a request, so that many slow calls are stopped like one that does
 * not end.
 */
export class WorkClock {
  private readonly most: number;
  private left: number;
  private isRunning = false;

  constructor(milliseconds: number) {
    this.most = milliseconds;
    this.left = milliseconds;
  }

  /** Adds time for more work of an ordinary kind, up to what the clock began with. */
  grant(milliseconds: number): void {
    this.left = Math.min(this.most, this.left + milliseconds);
  }

  /**
   * Runs code that nothing else on this thread could stop. It may be run again from its beginning, so it must change
   * nothing outside of itself.
   * @param what begins the sentence, e.g. "…/tokenizer.json", or makes the error.
   * @throws StudioError refused when the clock has run out.
   */
  run<Result>(what: What, run: () => Result): Result {
    // Within another call that one's timeout holds.
    if (this.isRunning) return run();
    this.isRunning = true;
    const results: Result[] = [];
    sandbox.run = () => {
      results.push(run());
    };
    try {
      for (let attempt = 1; ; attempt++) {
        if (this.left < 1) throw this.over(what);
        const limit = Math.ceil(this.left);
        const start = processorTime();
        try {
          script.runInContext(context, { timeout: limit });
          return results[0] as Result;
        } catch (thrown) {
          if (!isTimeout(thrown)) throw thrown;
          if (processorTime() - start > limit / 2 || attempt === MOST_ATTEMPTS) throw this.over(what);
        } finally {
          this.left -= processorTime() - start;
        }
      }
    } finally {
      this.isRunning = false;
      sandbox.run = () => undefined;
    }
  }

  /**
   * Counterpart of `run` for code that calls `check` often: stopping short work from outside costs more than the work.
   * @throws StudioError refused when the clock has run out.
   */
  runChecked<Result>(what: What, run: (check: () => void) => Result): Result {
    const start = processorTime();
    const check = (): void => {
      if (processorTime() - start > this.left) throw this.over(what);
    };
    try {
      check();
      return run(check);
    } finally {
      this.left -= processorTime() - start;
    }
  }

  private over(what: What): StudioError {
    if (typeof what !== 'string') return what(this.most / 1000);
    return new StudioError(
      'refused',
      `${what} was stopped after ${this.most / 1000} s: it did not finish.`,
      'The file loops without end, or is far too slow for this text.',
    );
  }
}

/** Milliseconds of this thread. */
function processorTime(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function isTimeout(thrown: unknown): boolean {
  return (
    typeof thrown === 'object' && thrown !== null && 'code' in thrown && thrown.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  );
}
