import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

export interface DayFileLimits {
  /** A file that holds this many bytes is followed by the next one of the same day. */
  readonly fileBytes: number;
  /** Number of files kept for one name; the oldest go first. */
  readonly files: number;
}

/** At most 40 MB for each program that writes. */
export const defaultLimits: DayFileLimits = { fileBytes: 4_000_000, files: 10 };

/** A home may come from elsewhere: its log must be a plain file there, neither a link nor a pipe that blocks. */
const openFlags =
  constants.O_WRONLY |
  constants.O_APPEND |
  constants.O_CREAT |
  (constants.O_NOFOLLOW ?? 0) |
  (constants.O_NONBLOCK ?? 0);

/**
 * Destination of pino's logs: `<folder>/<name>-<UTC day>.<part>.log`, readable by the user alone. Each line is on disk
 * when `write` returns, so the last lines before a crash survive. Lines that cannot be written (full disk, deleted
 * folder) are dropped: a log must not break the program.
 */
export class DayFile {
  private readonly folder: string;
  private readonly name: string;
  private readonly limits: DayFileLimits;
  private readonly now: () => Date;
  private closed = false;
  private open: { readonly descriptor: number; readonly day: string; bytes: number } | null = null;

  constructor(folder: string, name: string, limits = defaultLimits, now = () => new Date()) {
    this.folder = folder;
    this.name = name;
    this.limits = limits;
    this.now = now;
  }

  write(line: string): void {
    if (this.closed) return;
    try {
      const file = this.current();
      file.bytes += writeSync(file.descriptor, line);
    } catch {
      this.release();
    }
  }

  /** Lets the file go; what is written thereafter is dropped. */
  close(): void {
    this.closed = true;
    this.release();
  }

  private release(): void {
    if (this.open === null) return;
    const { descriptor } = this.open;
    this.open = null;
    try {
      closeSync(descriptor);
    } catch {
      // Nothing is left to be closed.
    }
  }

  private current(): { readonly descriptor: number; bytes: number } {
    const day = this.now().toISOString().slice(0, 10);
    if (this.open !== null && this.open.day === day && this.open.bytes < this.limits.fileBytes) return this.open;
    this.release();
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    if (!lstatSync(this.folder).isDirectory()) throw new Error(`${this.folder} is no folder of its own`);
    const last = this.kept().findLast((file) => file.startsWith(`${this.name}-${day}.`));
    let part = last === undefined ? 1 : partOf(last);
    for (;;) {
      const file = `${this.name}-${day}.${part}.log`;
      const descriptor = openSync(join(this.folder, file), openFlags, 0o600);
      const stat = fstatSync(descriptor);
      if (stat.isFile() && stat.size < this.limits.fileBytes) {
        this.open = { descriptor, day, bytes: stat.size };
        this.prune();
        return this.open;
      }
      closeSync(descriptor);
      if (!stat.isFile()) throw new Error(`${file} is no plain file`);
      part++;
    }
  }

  /** The files of this name, oldest first. */
  private kept(): string[] {
    const form = new RegExp(`^${this.name}-\\d{4}-\\d\\d-\\d\\d\\.\\d+\\.log$`);
    return readdirSync(this.folder)
      .filter((file) => form.test(file))
      .sort((one, other) => dayOf(one).localeCompare(dayOf(other)) || partOf(one) - partOf(other));
  }

  private prune(): void {
    for (const file of this.kept().slice(0, -this.limits.files)) rmSync(join(this.folder, file), { force: true });
  }
}

function dayOf(file: string): string {
  return file.split('.')[0] ?? '';
}

function partOf(file: string): number {
  return Number(file.split('.').at(-2));
}
