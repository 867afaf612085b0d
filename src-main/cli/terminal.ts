/** Where a command writes, and how it is interrupted: the process's own streams, or a test's. */
export interface Terminal {
  /** Standard output: the answer, and nothing else. */
  write(text: string): void;
  /** Standard error: progress, warnings, the one line of an error. */
  report(text: string): void;
  /** Whether standard error is a terminal on which a line can be written over. */
  readonly rewrites: boolean;
  readonly columns: number;
  /** Calls `listener` at each Ctrl+C until the returned function is called. */
  onInterrupt(listener: () => void): () => void;
}

export const processTerminal: Terminal = {
  write: (text) => void process.stdout.write(text),
  report: (text) => void process.stderr.write(text),
  rewrites: process.stderr.isTTY === true,
  get columns() {
    return process.stderr.columns || 80;
  },
  onInterrupt(listener) {
    process.on('SIGINT', listener);
    process.on('SIGTERM', listener);
    return () => {
      process.off('SIGINT', listener);
      process.off('SIGTERM', listener);
    };
  },
};
