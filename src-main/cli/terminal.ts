import { createInterface } from 'node:readline/promises';

/** Output and interrupts of a command: the process's own streams, or a test's. */
export interface Terminal {
  /** Standard output: the answer, and nothing else. */
  write(text: string): void;
  /** Standard error: warnings, questions, the one line of an error. */
  report(text: string): void;
  /** Standard error: information that --quiet leaves out. */
  note(text: string): void;
  /** False with --quiet or --no-progress. */
  readonly showsProgress: boolean;
  /** True if standard error is a terminal where lines can be overwritten. */
  readonly rewrites: boolean;
  readonly columns: number;
  /** Asks a person for one line; null where none can answer, as in a script. */
  ask(question: string): Promise<string | null>;
  /** Calls `listener` at each Ctrl+C, and when the terminal is closed, until the returned function is called. */
  onInterrupt(listener: () => void): () => void;
}

/** Clears the line, for progress: the one control sequence that the command writes. */
export const clearLine = '\r\u001b[K';

/**
 * Text without control characters other than tabs and line breaks, each as its \\u escape: names and messages quote files, and
 * a terminal would obey what they contain (the clipboard, the title, a cleared screen). Inside JSON it is the same value.
 */
export function printable(text: string): string {
  return text
    .split(clearLine)
    .map((part) =>
      part.replaceAll(
        /(?![\t\n])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu,
        (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
      ),
    )
    .join(clearLine);
}

/** The terminal of a command that was started with --quiet or --no-progress. */
export function reducedTerminal(
  terminal: Terminal,
  { quiet, progress }: { readonly quiet: boolean; readonly progress: boolean },
): Terminal {
  if (!quiet && progress) return terminal;
  return { ...terminal, showsProgress: false, ...(quiet ? { note: () => undefined } : {}) };
}

/** Ctrl+C, the request of the system, and Ctrl+\. */
const interrupts = ['SIGINT', 'SIGTERM', 'SIGQUIT'] as const;

export const processTerminal: Terminal = {
  write: (text) => void process.stdout.write(printable(text)),
  report: (text) => void process.stderr.write(printable(text)),
  note: (text) => processTerminal.report(text),
  showsProgress: true,
  rewrites: process.stderr.isTTY === true,
  get columns() {
    return process.stderr.columns || Number(process.env['COLUMNS']) || 80;
  },
  async ask(question) {
    if (!process.stdin.isTTY || !process.stderr.isTTY) return null;
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    const interrupted = new AbortController();
    lines.once('SIGINT', () => interrupted.abort());
    lines.once('close', () => interrupted.abort());
    try {
      return await lines.question(printable(question), { signal: interrupted.signal });
    } catch {
      // Ctrl+C and Ctrl+D answer nothing.
      return '';
    } finally {
      lines.close();
    }
  },
  onInterrupt(listener) {
    for (const signal of interrupts) process.on(signal, listener);
    // The system and the shell may each tell of a terminal that is closed: that is not said twice.
    let isHungUp = false;
    const hangUp = (): void => {
      if (!isHungUp) listener();
      isHungUp = true;
    };
    process.on('SIGHUP', hangUp);
    return () => {
      for (const signal of interrupts) process.off(signal, listener);
      process.off('SIGHUP', hangUp);
    };
  },
};
