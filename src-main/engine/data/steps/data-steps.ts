import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { LeftOut } from '../../../../src-shared/domain/data/accounting.ts';
import {
  type DataStep,
  dataStepUsage,
  isRowStep,
  parseDataSteps,
} from '../../../../src-shared/domain/data/data-steps.ts';
import type { ReadRow } from '../../../../src-shared/domain/data/dataset.ts';
import type { ParameterSpec, ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { stepWork } from './index.ts';
import type { StepWork } from './step.ts';

export const stepsParameter: ParameterSpec = {
  name: 'steps',
  label: 'Steps',
  type: 'text',
  default: '',
  help: `Cleanup of the rows before training, applied in order, separated by semicolons: ${dataStepUsage}. The file is not changed.`,
  advanced: true,
};

/** @throws StudioError invalid_input where the option says what is no step */
export function stepsOf(options: ParameterValues): DataStep[] {
  const steps = parseDataSteps(String(options['steps'] ?? ''));
  if (typeof steps !== 'string') return steps;
  throw new StudioError('invalid_input', `steps: ${steps}`, `The steps are ${dataStepUsage}.`).at('steps');
}

type ReadAll = () => AsyncGenerator<ReadRow[]>;

interface StepPart {
  readonly name: string;
  readonly work: StepWork;
}

function partsOf(steps: readonly DataStep[]): StepPart[] {
  return steps.flatMap((step) => (isRowStep(step) ? [] : [{ name: step.step, work: stepWork(step) }]));
}

/** The steps of a dataset, ready to be repeated on every reading of its rows. */
export class DataSteps {
  private readonly steps: readonly DataStep[];
  private parts: readonly StepPart[];
  private ready: Promise<void> | undefined;

  constructor(steps: readonly DataStep[]) {
    this.steps = steps;
    this.parts = partsOf(steps);
  }

  /**
   * Reads all rows once for each step that must know them; of later calls, nothing. After a reading that was ended or failed, the
   * next call starts over.
   * @throws the reason of `signal`, between batches
   */
  prepare(readAll: ReadAll, signal?: AbortSignal): Promise<void> {
    this.ready ??= this.surveyed(readAll, signal).catch((thrown: unknown) => {
      this.ready = undefined;
      throw thrown;
    });
    return this.ready;
  }

  /** A reading from the first row. */
  begin(): StepReading {
    return new StepReading(this.parts);
  }

  /** In place of `prepare`, for a preview: shows the steps the first rows, and leaves out those that must know all. */
  async prepareFirst(readFirst: ReadAll): Promise<void> {
    const previewed = partsOf(this.steps).filter(
      ({ work: { survey, fromFirstRows } }) => survey === undefined || fromFirstRows === true,
    );
    this.parts = await surveyedParts(previewed, readFirst);
  }

  private async surveyed(readAll: ReadAll, signal: AbortSignal | undefined): Promise<void> {
    // Stays local until it is complete: counts of a partial pass must not be added twice.
    this.parts = await surveyedParts(partsOf(this.steps), readAll, signal);
  }
}

/** The steps after each that must know the rows was shown what those before it leave. */
async function surveyedParts(
  parts: readonly StepPart[],
  readAll: ReadAll,
  signal?: AbortSignal,
): Promise<readonly StepPart[]> {
  for (const [place, { work }] of parts.entries()) {
    if (work.survey === undefined) continue;
    const before = new StepReading(parts.slice(0, place));
    for await (const rows of readAll()) {
      signal?.throwIfAborted();
      for (const row of before.take(rows)) work.survey(row);
    }
  }
  return parts;
}

class StepReading {
  private readonly parts: {
    readonly name: string;
    readonly apply: (row: ReadRow) => ReadRow | null;
    leftOut: number;
    changed: number;
  }[];

  constructor(parts: readonly StepPart[]) {
    this.parts = parts.map(({ name, work }) => ({ name, apply: work.begin(), leftOut: 0, changed: 0 }));
  }

  /** The rows that go on, in their order. */
  take(rows: readonly ReadRow[]): ReadRow[] {
    return rows.flatMap((row) => this.next(row).row ?? []);
  }

  /** Rows that each step has left out so far, for the accounting table. */
  leftOut(): LeftOut[] {
    return this.parts.flatMap(({ name, leftOut }) =>
      leftOut === 0 ? [] : [{ reason: `step ${name}`, count: leftOut, rows: [] }],
    );
  }

  /** Describes the rows left out and changed by the steps so far. */
  notes(): string[] {
    return this.parts.flatMap(({ name, leftOut, changed }) => [
      ...(leftOut === 0 ? [] : [`The step ${name} left out ${rowCount(leftOut)}.`]),
      ...(changed === 0 ? [] : [`The step ${name} changed ${rowCount(changed)}.`]),
    ]);
  }

  /** The row as it goes on; null with the name of the step that leaves it out. */
  next(row: ReadRow): { readonly row: ReadRow; readonly step: null } | { readonly row: null; readonly step: string } {
    let current = row;
    for (const part of this.parts) {
      const applied = part.apply(current);
      if (applied === null) {
        part.leftOut++;
        return { row: null, step: part.name };
      }
      if (changesOf(applied) > changesOf(current)) part.changed++;
      current = applied;
    }
    return { row: current, step: null };
  }
}

function rowCount(count: number): string {
  return `${count} ${count === 1 ? 'row' : 'rows'}`;
}

/** Returns the number of a row's changes to report. */
function changesOf(row: ReadRow): number {
  return row.kind === 'example' ? (row.example.changes?.length ?? 0) : 0;
}
