import { spawnSync } from 'node:child_process';

/** Loading takes some hundredths of a second; one that hangs does not load. */
const longestMilliseconds = 20_000;

/**
 * Loads an addon in a process of its own: on a processor or system that it was not built for it can end the process, which
 * no `catch` sees. Answers why it cannot be used, null if it can.
 */
export function tryAddon(file: string, node: string): string | null {
  const script = `require(${JSON.stringify(file)}).describe()`;
  const { status, signal, stderr, error } = spawnSync(node, ['-e', script], {
    encoding: 'utf8',
    timeout: longestMilliseconds,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (status === 0) return null;
  if (signal !== null) return `it ends the process that loads it (${signal})`;
  const said = stderr.split('\n').find((line) => /Error/.test(line));
  return said?.trim() ?? error?.message ?? `it ends the process that loads it (code ${status})`;
}
