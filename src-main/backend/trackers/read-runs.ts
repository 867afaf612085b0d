import { StudioError, toErrorValue } from '../../../src-shared/contract/errors.ts';
import type { RunOrigin } from '../../../src-shared/domain/runs/imported-run.ts';
import type { RecordedRun } from '../reading/run-schemas.ts';
import { placeAt } from './place.ts';
import { runReaders } from './readers/index.ts';
import { maxRuns } from './readers/recorded-run.ts';

/** A run and where it was found. */
export interface FoundRun {
  readonly format: RunOrigin['format'];
  readonly path: string;
  readonly run: RecordedRun;
}

/**
 * Reads the runs at a path, one at a time.
 * @returns what could not be read
 * @throws StudioError invalid_file if there is nothing that is known
 */
export async function readRuns(path: string, onRun: (found: FoundRun) => void): Promise<StudioError[]> {
  const place = await placeAt(path);
  const problems: StudioError[] = [];
  let count = 0;
  for (const { id: format, find, read } of runReaders) {
    const sources = await find(place);
    for (const source of sources)
      try {
        for (const run of await read(source, place)) {
          if (++count > maxRuns) throw new StudioError('invalid_input', `${path} has more than ${maxRuns} runs.`);
          onRun({ format, path: source, run });
        }
      } catch (error) {
        problems.push(StudioError.fromValue(toErrorValue(error)));
        if (count > maxRuns) return problems;
      }
    if (sources.length > 0) return problems;
  }
  throw new StudioError(
    'invalid_file',
    `${place.path} has no runs: ${runReaders.map(({ label }) => label).join(', ')} can be imported.`,
  );
}
