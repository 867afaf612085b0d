import { formatPercent as percentNumber } from '../../src-shared/format/numbers.ts';
import type { MemoryRoom } from '../../src-shared/results/memory-verdict.ts';

export { formatCount } from '../../src-shared/format/numbers.ts';

/** A rule need not be as long as the longest sentence below it. */
const ruleLimit = 100;

/** Rows as aligned columns, the first row above a rule; columns from `rightFrom` on are right-aligned. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[], rightFrom = 99): string {
  const widths = header.map((title, column) =>
    Math.max(width(title), ...rows.map((cells) => width(cells[column] ?? ''))),
  );
  const line = (cells: readonly string[]) =>
    widths
      .map((size, column) => pad(cells[column] ?? '', size, column >= rightFrom))
      .join('  ')
      .trimEnd();
  return [
    line(header),
    widths
      .map((size) => '─'.repeat(size))
      .join('──')
      .slice(0, ruleLimit),
    ...rows.map(line),
    '',
  ].join('\n');
}

/** "name  value" lines, names aligned. */
export function formatSummary(facts: readonly (readonly [string, string])[]): string {
  const size = Math.max(0, ...facts.map(([name]) => width(name)));
  return `${facts.map(([name, value]) => `${pad(name, size, false)}  ${value}`).join('\n')}\n`;
}

/** "0.9 s", "48 s", "2 min 05 s", "1 h 02 min". */
export function formatDuration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`;
}

/** "76.3 %". */
export function formatPercent(share: number | null): string {
  return share === null ? '–' : `${percentNumber(share)} %`;
}

export function formatTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 16).replace('T', ' ');
}

/** Modules by their last names: "q_proj ×12, v_proj ×12". */
export function countBySuffix(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) {
    const suffix = name.split('.').at(-1) ?? name;
    counts.set(suffix, (counts.get(suffix) ?? 0) + 1);
  }
  return [...counts].map(([suffix, count]) => `${suffix} ×${count}`).join(', ');
}

/** Serializes values without a JSON form: bytes become a list of numbers. NaN and infinities become null anyway. */
export function toJson(value: unknown): string {
  return `${JSON.stringify(value, (_key, item: unknown) => (item instanceof Uint8Array ? Array.from(item) : item), 2)}\n`;
}

/** Characters as a terminal counts them; every letter used here is one column wide. */
function width(text: string): number {
  return [...text].length;
}

function pad(text: string, size: number, right: boolean): string {
  const space = ' '.repeat(Math.max(0, size - width(text)));
  return right ? space + text : text + space;
}

/** " on the NVIDIA A100": whose memory it is; nothing where it is the machine's own. */
export function onDevice({ memoryDevice }: Pick<MemoryRoom, 'memoryDevice'>): string {
  return memoryDevice === null ? '' : ` on the ${memoryDevice}`;
}
