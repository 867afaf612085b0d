import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { RunOrigin } from '../../../../src-shared/domain/runs/imported-run.ts';
import type { MetricColumn } from '../../../../src-shared/domain/runs/run-history.ts';
import type { RecordedRun } from '../../reading/run-schemas.ts';

/** Reads one format of recorded runs. */
export interface RunReader {
  readonly id: RunOrigin['format'];
  /** For messages: "event files of TensorBoard (events.out.tfevents…)". */
  readonly label: string;
  /** The sources of that format at a path: files or folders, each as `read` takes it. Empty if there are none. */
  find(place: Place): Promise<readonly string[]> | readonly string[];
  /**
   * The runs of a source.
   * @throws StudioError invalid_file naming the file
   */
  read(source: string, place: Place): Promise<readonly RecordedRun[]> | readonly RecordedRun[];
}

/** Source of the import: a file, or a folder with the files below it. */
export interface Place {
  readonly path: string;
  readonly isFolder: boolean;
  /** Absolute paths of the files, sorted. */
  readonly files: readonly string[];
}

/** Most runs that are imported at once. */
export const maxRuns = 1000;
const maxMetrics = 2000;
const maxValues = 5_000_000;
/** Steps are 32-bit integers in the studio. */
const lastStep = 2 ** 31 - 1;
const maxSettings = 500;
const longestSetting = 2000;

/** Collects the values of a run. A step that is recorded again replaces the earlier value, as in a resumed run. */
export class MetricCollector {
  private readonly path: string;
  private readonly metrics = new Map<string, Map<number, number>>();
  private count = 0;

  /** @param path for messages */
  constructor(path: string) {
    this.path = path;
  }

  /** Values that are not finite and steps that are no counts are left out. */
  add(name: string, step: number, value: number): void {
    if (!Number.isFinite(value) || !Number.isInteger(step) || step < 0 || step > lastStep || name === '') return;
    let metric = this.metrics.get(name);
    if (metric === undefined) {
      if (this.metrics.size >= maxMetrics) throw tooMuch(this.path, `${maxMetrics} metrics`);
      metric = new Map();
      this.metrics.set(name, metric);
    }
    if (++this.count > maxValues) throw tooMuch(this.path, `${maxValues} values`);
    metric.set(step, value);
  }

  get isEmpty(): boolean {
    return this.metrics.size === 0;
  }

  columns(): MetricColumn[] {
    return [...this.metrics].map(([name, values]) => {
      const sorted = [...values].sort(([one], [other]) => one - other);
      return {
        name,
        steps: Int32Array.from(sorted, ([step]) => step),
        values: Float64Array.from(sorted, ([, value]) => value),
      };
    });
  }
}

/** The settings among the values of an object: those of nested objects by their path. The rest is left out. */
export function settingsOf(value: unknown, prefix = ''): RunOrigin['settings'] {
  const settings: RunOrigin['settings'] = {};
  const visit = (current: unknown, name: string, depth: number): void => {
    if (Object.keys(settings).length >= maxSettings) return;
    if (typeof current === 'number' || typeof current === 'boolean') settings[name] = current;
    else if (typeof current === 'string') settings[name] = current.slice(0, longestSetting);
    else if (typeof current === 'object' && current !== null && !Array.isArray(current) && depth < 4)
      for (const [key, inner] of Object.entries(current)) visit(inner, name === '' ? key : `${name}.${key}`, depth + 1);
  };
  visit(value, prefix, 0);
  return settings;
}

function tooMuch(path: string, what: string): StudioError {
  return new StudioError('invalid_file', `${path} has a run with more than ${what}.`, 'Import a smaller part of it.');
}
