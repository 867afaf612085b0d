import type { DatasetDescription } from '../../../../src-shared/domain/dataset.ts';

const shownPerKind = 20;
const mostKinds = 200;
/** As many faulty rows are left out, with a list; of more, it is asked first. */
const mostFaulty = { rows: 10, share: 0.01 };

/** Problems of rows by kind: the first of each with its row number, the rest counted. */
export class RowProblems {
  private readonly kinds = new Map<string, { rows: string[]; count: number }>();
  /** Number of rows skipped. */
  faultyRows = 0;
  private firstFault: DatasetDescription['problems'][number] | null = null;

  /** `where`: e.g. "row 4711"; `message`: the problem and its remedy. */
  add(where: string, message: string): void {
    const kind = this.kinds.get(message);
    if (kind === undefined) {
      if (this.kinds.size < mostKinds) this.kinds.set(message, { rows: [where], count: 1 });
      return;
    }
    kind.count++;
    if (kind.rows.length < shownPerKind) kind.rows.push(where);
  }

  addFaulty(where: string, message: string): void {
    this.faultyRows++;
    this.firstFault ??= { where, message };
    this.add(where, message);
  }

  /** Why a file with so many faulty rows of `rowCount` would lose more than a few rows; null for a few. */
  tooMany(rowCount: number): string | null {
    const most = Math.max(mostFaulty.rows, mostFaulty.share * rowCount);
    if (this.faultyRows <= most || this.firstFault === null) return null;
    const { where, message } = this.firstFault;
    return `${this.faultyRows} of its ${rowCount} rows cannot be used, first ${where}: ${message}`;
  }

  list(): DatasetDescription['problems'] {
    return [...this.kinds].flatMap(([message, { rows, count }]) => [
      ...rows.map((where) => ({ where, message })),
      ...(count > rows.length ? [{ where: `${count - rows.length} more rows`, message }] : []),
    ]);
  }
}
