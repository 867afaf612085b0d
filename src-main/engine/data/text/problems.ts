import type { DatasetDescription } from '../../../../src-shared/domain/dataset.ts';

const shownPerKind = 20;
const mostKinds = 200;

/** What is wrong with rows, by kind: the first of each with their number, the rest counted. */
export class RowProblems {
  private readonly kinds = new Map<string, { rows: string[]; count: number }>();
  /** Rows that were left out. */
  faultyRows = 0;

  /** `where`: e.g. "row 4711"; `message`: what is wrong and the way out. */
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
