import type { LeftOut } from '../../../../src-shared/domain/data/accounting.ts';
import type { DatasetDescription } from '../../../../src-shared/domain/data/dataset.ts';
import { maxFaultyRows } from '../../../../src-shared/domain/data/faulty-rows.ts';

const shownPerKind = 20;
const maxKinds = 200;
const shownInAccounting = 5;

/** Problems of rows by kind: the first of each with its row number, the rest counted. */
export class RowProblems {
  private readonly kinds = new Map<string, { rows: string[]; count: number }>();
  /** Number of rows skipped, with those that a faulty one swallowed. */
  faultyRows = 0;
  /** Number of rows that others swallowed. */
  swallowedRows = 0;
  /** Number of rows with further kinds of problems. */
  private others = 0;
  private firstFault: DatasetDescription['problems'][number] | null = null;

  /** `where`: e.g. "row 4711"; `message`: the problem and its remedy. */
  add(where: string, message: string): void {
    const kind = this.kinds.get(message);
    if (kind === undefined) {
      if (this.kinds.size < maxKinds) this.kinds.set(message, { rows: [where], count: 1 });
      else this.others++;
      return;
    }
    kind.count++;
    if (kind.rows.length < shownPerKind) kind.rows.push(where);
  }

  /** `lines`: how many lines that look like rows the faulty one has. */
  addFaulty(where: string, message: string, lines = 1): void {
    this.faultyRows += lines;
    this.swallowedRows += lines - 1;
    this.firstFault ??= { where, message };
    this.add(where, message);
  }

  /**
   * Returns the reason why a file of `rowCount` rows would lose too many of them, or all training rows; null for a few.
   */
  tooMany(rowCount: number, trainingRows: number): string | null {
    if (this.firstFault === null) return null;
    if (this.faultyRows <= maxFaultyRows(rowCount) && trainingRows > 0) return null;
    const { where, message } = this.firstFault;
    const rest = trainingRows > 0 ? '' : ', and none is left to train on';
    return `${this.faultyRows} of its ${rowCount} rows cannot be used${rest}, first ${where}: ${message}`;
  }

  list(): DatasetDescription['problems'] {
    return [...this.kinds].flatMap(([message, { rows, count }]) => [
      ...rows.map((where) => ({ where, message })),
      ...(count > rows.length ? [{ where: `${count - rows.length} more rows`, message }] : []),
    ]);
  }

  /** The kinds with their counts and first rows, for the accounting table. */
  reasons(): LeftOut[] {
    const known = [...this.kinds].map(([reason, { rows, count }]) => ({
      reason,
      count,
      rows: rows.slice(0, shownInAccounting),
    }));
    return this.others === 0 ? known : [...known, { reason: 'other reasons', count: this.others, rows: [] }];
  }
}
