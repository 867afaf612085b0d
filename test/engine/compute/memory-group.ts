import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A control group of processes whose memory is limited. */
export interface MemoryGroup {
  readonly folder: string;
  limit(bytes: number): void;
  /** Moves a process into it, with all that it starts from then on. Memory that it already has is not counted. */
  add(processId: number): void;
  /** Moves a process to the root, where nothing is limited. */
  free(processId: number): void;
  /** Its processes must have ended. */
  remove(): void;
}

/** Version 1 of control groups, and version 2; swap counts as memory, or there is none. */
const versions = [
  { root: '/sys/fs/cgroup/memory', limits: ['memory.limit_in_bytes', 'memory.memsw.limit_in_bytes'] },
  { root: '/sys/fs/cgroup', limits: ['memory.max'] },
];

/** A new group; null where none can be made, which takes root and a system that lets root. */
export function makeMemoryGroup(): MemoryGroup | null {
  for (const { root, limits } of versions) {
    const folder = join(root, `coto-test-${process.pid}`);
    try {
      mkdirSync(folder);
    } catch {
      continue;
    }
    if (!limits.some((name) => existsSync(join(folder, name)))) {
      rmdirSync(folder);
      continue;
    }
    if (existsSync(join(folder, 'memory.swap.max'))) set(join(folder, 'memory.swap.max'), 0);
    return {
      folder,
      limit: (bytes) => limitMemory(folder, bytes),
      add: (processId) => set(join(folder, 'cgroup.procs'), processId),
      free: (processId) => set(join(root, 'cgroup.procs'), processId),
      remove: () => rmdirSync(folder),
    };
  }
  return null;
}

/** Limits a group by its folder, as another process may do too. */
export function limitMemory(folder: string, bytes: number): void {
  const present = versions.flatMap(({ limits }) => limits).filter((name) => existsSync(join(folder, name)));
  // A limit of memory is never above that of memory and swap together.
  try {
    for (const name of present) set(join(folder, name), bytes);
  } catch {
    for (const name of [...present].reverse()) set(join(folder, name), bytes);
  }
}

function set(file: string, value: number): void {
  writeFileSync(file, String(Math.ceil(value)));
}
