import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks of Linux on every common machine: getconf CLK_TCK. */
const ticksPerSecond = 100;

/** CPU seconds that a process and all its descendants have used, of those that live; by name, to see whose they are. */
export function cpuSecondsOf(root: number): { total: number; parts: Readonly<Record<string, number>> } {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readStat(Number(name)) ?? []);
  const mine = new Set([root]);
  for (let size = 0; size !== mine.size; ) {
    size = mine.size;
    for (const { id, parent } of all) if (mine.has(parent)) mine.add(id);
  }
  const parts: Record<string, number> = {};
  for (const { id, seconds } of all.filter((one) => mine.has(one.id))) {
    const name = nameOf(id, root);
    parts[name] = (parts[name] ?? 0) + seconds;
  }
  return { total: Object.values(parts).reduce((sum, seconds) => sum + seconds, 0), parts };
}

function readStat(id: number): { id: number; parent: number; seconds: number } | null {
  try {
    const text = readFileSync(`/proc/${id}/stat`, 'utf8');
    // The name, in brackets, may hold anything; the fields are counted after it.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]) + Number(fields[13]) + Number(fields[14]);
    return { id, parent: Number(fields[1]), seconds: ticks / ticksPerSecond };
  } catch {
    return null;
  }
}

function nameOf(id: number, root: number): string {
  if (id === root) return 'main';
  try {
    const command = readFileSync(`/proc/${id}/cmdline`, 'utf8').replaceAll('\0', ' ');
    return /--type=([\w-]+)/.exec(command)?.[1] ?? (command.includes('backend.mjs') ? 'backend' : 'other');
  } catch {
    return 'other';
  }
}
