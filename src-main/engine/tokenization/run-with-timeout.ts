import { createContext, Script } from 'node:vm';
import { StudioError } from '../../../src-shared/contract/errors.ts';

/** Shared by all calls: creating a context takes longer than tokenizing most texts. */
const sandbox: { run: () => void } = { run: () => undefined };
const context = createContext(sandbox);
const script = new Script('run()');

/**
 * Runs code whose duration an untrusted file decides (loops of a template, backtracking of a regular expression), and stops
 * it after a timeout: nothing else on this thread could.
 * @param what begins the sentence, e.g. "…/tokenizer.json".
 * @throws StudioError refused after `milliseconds`.
 */
export function runWithTimeout<Result>(what: string, milliseconds: number, run: () => Result): Result {
  const results: Result[] = [];
  sandbox.run = () => {
    results.push(run());
  };
  try {
    script.runInContext(context, { timeout: milliseconds });
  } catch (thrown) {
    if (isTimeout(thrown))
      throw new StudioError(
        'refused',
        `${what} was stopped after ${milliseconds / 1000} s: it did not finish.`,
        'The file loops without end, or is far too slow for this text.',
      );
    throw thrown;
  } finally {
    sandbox.run = () => undefined;
  }
  return results[0] as Result;
}

function isTimeout(thrown: unknown): boolean {
  return (
    typeof thrown === 'object' && thrown !== null && 'code' in thrown && thrown.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  );
}
