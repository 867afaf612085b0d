import { setImmediate } from 'node:timers/promises';
import type { MetricColumn } from '../../../src-shared/domain/runs/run-history.ts';
import type { Store } from '../../store/open-store.ts';

export interface ImportWatch {
  readonly signal: AbortSignal;
  /** Called with the values that are stored, and those that were read so far. */
  readonly onStored: (done: number, total: number) => void;
}

/** Storing them takes some milliseconds. */
const valuesAtOnce = 2048;
/** 12 bytes each. */
const maxPendingValues = 20_000_000;

/** Stores the metrics of staged runs a piece at a time: other requests are answered between two pieces. */
export class StagedHistories {
  private readonly store: Pick<Store, 'history' | 'runs'>;
  private readonly watch: ImportWatch;
  /** One after the other, in the order in which they came. */
  private storing: Promise<void> = Promise.resolve();
  private readValues = 0;
  private storedValues = 0;

  constructor(store: Pick<Store, 'history' | 'runs'>, watch: ImportWatch) {
    this.store = store;
    this.watch = watch;
  }

  add(id: string, columns: readonly MetricColumn[]): void {
    this.readValues += columns.reduce((sum, { values }) => sum + values.length, 0);
    // A reader that is faster than the database waits for it: what it sends next is not read meanwhile.
    if (this.readValues - this.storedValues > maxPendingValues)
      for (const piece of pieces(columns)) this.insert(id, piece);
    else {
      this.storing = this.storing.then(() => this.insertAll(id, columns));
      // Thrown by `stored`.
      this.storing.catch(() => undefined);
    }
  }

  /** Resolves when all that was added is stored. */
  async stored(): Promise<void> {
    await this.storing;
    this.watch.signal.throwIfAborted();
  }

  /** Resolves when nothing is stored any more, whatever became of it. */
  stopped(): Promise<void> {
    return this.storing.catch(() => undefined);
  }

  /** Removes the metrics of these, and those of them that are staged themselves. */
  async discard(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      while (this.store.history.discardMetrics(id)) await setImmediate();
      this.store.runs.removeStaged(id);
    }
  }

  private async insertAll(id: string, columns: readonly MetricColumn[]): Promise<void> {
    for (const piece of pieces(columns)) {
      this.watch.signal.throwIfAborted();
      this.insert(id, piece);
      await setImmediate();
    }
  }

  private insert(id: string, piece: MetricColumn): void {
    this.store.history.insertMetrics(id, [piece]);
    this.storedValues += piece.values.length;
    this.watch.onStored(this.storedValues, this.readValues);
  }
}

function* pieces(columns: readonly MetricColumn[]): Generator<MetricColumn> {
  for (const { name, steps, values } of columns)
    for (let from = 0; from < values.length; from += valuesAtOnce) {
      const to = from + valuesAtOnce;
      yield { name, steps: steps.subarray(from, to), values: values.subarray(from, to) };
    }
}
