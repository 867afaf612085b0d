import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { main } from '../../src-main/cli/main.ts';
import type { Terminal } from '../../src-main/cli/terminal.ts';

const built = process.env['COTO_BUILT_PROGRAMS'];
/** The script of `coto` for a process of its own: the build's in `npm test`, which starts in half the time, else the source. */
export const commandScript = built
  ? join(built, 'cli/coto.mjs')
  : fileURLToPath(new URL('../../src-main/cli/coto.ts', import.meta.url));

export interface CommandResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A terminal that keeps what is written; `onReport` may press Ctrl+C by calling its second argument. `answer`: a person's. */
export function recordingTerminal(
  onReport: (text: string, interrupt: () => void) => void = () => undefined,
  answer: string | null = null,
) {
  const written = { out: '', err: '' };
  const listeners = new Set<() => void>();
  const terminal: Terminal = {
    write: (text) => {
      written.out += text;
    },
    report: (text) => {
      written.err += text;
      onReport(text, () => {
        for (const listener of [...listeners]) listener();
      });
    },
    note: (text) => terminal.report(text),
    showsProgress: true,
    rewrites: false,
    columns: 80,
    async ask(question) {
      written.err += question;
      return answer;
    },
    onInterrupt(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return { terminal, written };
}

/** `coto` with these words, on a studio home of the test's own. */
export function cotoOn(home: string) {
  return async (
    words: readonly string[],
    onReport?: (text: string, interrupt: () => void) => void,
    answer: string | null = null,
  ): Promise<CommandResult> => {
    const { terminal, written } = recordingTerminal(onReport, answer);
    const code = await main(words, terminal, { COTO_STUDIO_HOME: home });
    return { code, ...written };
  };
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'coto-cli-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
