import { readFileSync, writeFileSync } from 'node:fs';
import { freemem } from 'node:os';
import { dirname, join } from 'node:path';

/** Memory of the control groups that a process is in (Linux): what a container, a service or a batch system grants. */
export interface GroupMemory {
  readonly limitBytes: number;
  /** Memory still available; cached files count as free, since the kernel drops them first. */
  readonly availableBytes: number;
}

/** Number of processes that the kernel killed because memory ran out. */
export interface MemoryKills {
  /** Identifies what was counted: counts of different ones say nothing together. */
  readonly of: string;
  readonly count: number;
}

/** Score out of ±1000, added to a process's share of the memory in thousandths. */
const childScore = 500;

interface Hierarchy {
  /** Mount point; hybrid setups count memory in the first hierarchy. */
  readonly root: string;
  readonly line: RegExp;
  readonly limit: string;
  readonly usage: string;
  readonly cache: RegExp;
  /** The group's own kills first: `memory.events` of version 2 also counts those of the groups below it. */
  readonly kills: readonly string[];
}

/** Version 1 first: where it counts memory, version 2 has no files for it. */
const hierarchies: readonly Hierarchy[] = [
  {
    root: '/sys/fs/cgroup/memory',
    line: /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m,
    limit: 'memory.limit_in_bytes',
    usage: 'memory.usage_in_bytes',
    cache: /^total_inactive_file (\d+)$/m,
    kills: ['memory.oom_control'],
  },
  {
    root: '/sys/fs/cgroup',
    line: /^0::(.*)$/m,
    limit: 'memory.max',
    usage: 'memory.current',
    cache: /^inactive_file (\d+)$/m,
    kills: ['memory.events.local', 'memory.events'],
  },
];

/** The tightest limit of the groups that this process is in; null without one, and on other systems. */
export function groupMemory(): GroupMemory | null {
  const limits = ownGroups().flatMap(({ folder, hierarchy }) => {
    const limit = numberIn(join(folder, hierarchy.limit));
    const usage = numberIn(join(folder, hierarchy.usage));
    // Version 1 says a number of pages near 2⁶³ for no limit.
    if (limit === null || usage === null || limit > 2 ** 60) return [];
    const cached = Number(hierarchy.cache.exec(textOf(join(folder, 'memory.stat')))?.[1] ?? 0);
    return [{ limitBytes: limit, availableBytes: Math.max(0, limit - usage + cached) }];
  });
  return limits.reduce<GroupMemory | null>(
    (tightest, one) => (tightest === null || one.availableBytes < tightest.availableBytes ? one : tightest),
    null,
  );
}

/** Memory that this process can still take: that of the machine, or of its control group where that is less. */
export function freeMemoryBytes(): number {
  return Math.min(freemem(), groupMemory()?.availableBytes ?? Number.POSITIVE_INFINITY);
}

/** Counts of this process's control group, else of the machine; null where the system does not count. */
export function memoryKills(): MemoryKills | null {
  const session = textOf('/proc/sys/kernel/random/boot_id').trim();
  for (const { folder, hierarchy } of ownGroups())
    for (const file of hierarchy.kills) {
      const count = /^oom_kill (\d+)$/m.exec(textOf(join(folder, file)))?.[1];
      if (count !== undefined) return { of: `${session}:${folder}`, count: Number(count) };
    }
  const count = /^oom_kill (\d+)$/m.exec(textOf('/proc/vmstat'))?.[1];
  return count === undefined ? null : { of: session, count: Number(count) };
}

/** Returns true if the kernel has killed processes since `before` for lack of memory. */
export function ranOutOfMemory(before: MemoryKills | null): boolean {
  const now = memoryKills();
  return before !== null && now !== null && now.of === before.of && now.count > before.count;
}

/** Asks the kernel to end this child rather than its parent where memory runs out; without effect on other systems. */
export function setOomScore(processId: number): void {
  try {
    writeFileSync(`/proc/${processId}/oom_score_adj`, String(childScore));
  } catch {
    // The process has ended, or the file does not exist.
  }
}

/** The folders of the groups that this process is in, from its own up to the root. */
function ownGroups(): { readonly folder: string; readonly hierarchy: Hierarchy }[] {
  const text = textOf('/proc/self/cgroup');
  return hierarchies.flatMap((hierarchy) => {
    const path = hierarchy.line.exec(text)?.[1];
    if (path === undefined) return [];
    // A container sees its own group as the root, under the path that it has outside.
    const folders = [];
    for (let at = path; at !== '/' && at !== '.'; at = dirname(at)) folders.push(at);
    return [...folders, '/'].map((at) => ({ folder: join(hierarchy.root, at), hierarchy }));
  });
}

function numberIn(file: string): number | null {
  const text = textOf(file).trim();
  return /^\d+$/.test(text) ? Number(text) : null;
}

/** '' where it cannot be read. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
