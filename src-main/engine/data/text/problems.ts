import type { DatasetDescription } from '../../../../src-shared/domain/dataset.ts';

const shownPerKind = 20;
const mostKinds = 200;

/** Problems of rows by kind: the first of each with its row number, the rest counted. */
export class RowProblems {
  private readonly kinds = new Map<string, { rows: string[]; count: number }>();
  /** Number of rows skipped. */
  faultyRows = 0;

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
    this.add(where, message);
  }

  list(): DatasetDescription['problems'] {
    return [...this.kinds].flatMap(([message, { rows, count }]) => [
      ...rows.map((where) => ({ where, message })),
      ...(count > rows.length ? [{ where: `${count - rows.length} more rows`, message }] : []),
    ]);
  }
}
