import { toErrorValue } from '../../src-shared/contract/errors.ts';
import type { RowKind } from '../../src-shared/domain/app/unreadable-row.ts';
import { type StoredError, toNullableJson } from './rows.ts';

/** End of a run, a job or a study. */
export interface RowEnd {
  readonly status: string;
  readonly error: StoredError | null;
  readonly finishedAt: number | null;
}

/**
 * Ends of runs, jobs and studies that a full disk keeps out of the database. Repositories show them as if they were stored; the
 * next write of the row replaces them. They end with the process: the next start marks what was running as interrupted.
 */
export class UnwrittenEnds {
  private ends: ReadonlyMap<string, RowEnd> = new Map();
  private isKeeping = false;

  /** Runs `work`, in which ends that find no space on the disk are kept here and raise no error. */
  keep(work: () => void): void {
    this.isKeeping = true;
    try {
      work();
    } finally {
      this.isKeeping = false;
    }
  }

  /** Writes a row, or keeps its end. */
  write(kind: RowKind, id: string, end: RowEnd, write: () => void): void {
    const others = [...this.ends].filter(([key]) => key !== keyOf(kind, id));
    try {
      write();
      this.ends = new Map(others);
    } catch (error) {
      if (!this.isKeeping || toErrorValue(error).code !== 'disk_full') throw error;
      const { status, error: reason, finishedAt } = end;
      this.ends = new Map([...others, [keyOf(kind, id), { status, error: reason, finishedAt }]]);
    }
  }

  has(kind: RowKind, id: string): boolean {
    return this.ends.has(keyOf(kind, id));
  }

  /** A row of the database with its unwritten end. */
  shownIn(kind: RowKind, row: unknown): unknown {
    if (this.ends.size === 0 || typeof row !== 'object' || row === null || !('id' in row)) return row;
    const end = this.ends.get(keyOf(kind, String(row.id)));
    if (end === undefined) return row;
    return { ...row, status: end.status, error: toNullableJson(end.error), finished_at: end.finishedAt };
  }

  /** Runs a transaction; the ends are as before where it is rolled back. */
  within<Result>(transaction: () => Result): Result {
    const before = this.ends;
    try {
      return transaction();
    } catch (error) {
      this.ends = before;
      throw error;
    }
  }
}

function keyOf(kind: RowKind, id: string): string {
  return `${kind} ${id}`;
}
