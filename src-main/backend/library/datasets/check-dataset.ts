import type { DatasetDescription, DatasetSource } from '../../../../src-shared/domain/data/dataset.ts';
import type { JobProgress } from '../../../../src-shared/domain/jobs/job-progress.ts';
import { openDataset } from '../../../engine/api/data.ts';

export { detectReader as detectDataset } from '../../../engine/api/data.ts';

/** Rows or examples between two progress reports. */
const [rowsBetween, examplesBetween] = [10_000, 500];

/**
 * Reads every row of a text file, or every image, and reports contents and problems. Needs no home: nothing is stored.
 * @throws StudioError naming a file that cannot be read at all.
 */
export async function checkDataset(
  source: DatasetSource,
  onProgress: (progress: JobProgress) => void,
): Promise<DatasetDescription> {
  const data = await openDataset(source);
  const report = (done: number, total: number, unit: string) =>
    onProgress({ phase: 'Reading', done, total, unit, perSecond: null, etaSeconds: null });
  try {
    if (data.kind === 'texts') {
      let shown = 0;
      return await data.describe({
        keepsFaults: true,
        onRead: ({ rows }) => {
          if (rows - shown < rowsBetween) return;
          shown = rows;
          report(rows, 0, 'rows');
        },
      });
    }
    const { description } = data;
    const total = description.splits.reduce((sum, split) => sum + split.exampleCount, 0);
    let done = 0;
    for (const { name } of description.splits) {
      const split = data.split(name);
      for (let index = 0; index < split.count; index++) {
        await split.pixels(index);
        if (++done % examplesBetween === 0) report(done, total, 'examples');
      }
    }
    const { question } = data;
    if (question === undefined) return description;
    const asked = { where: source.path, message: `${question.message} ${question.hint ?? ''}`.trim() };
    return { ...description, problems: [asked, ...description.problems] };
  } finally {
    data.close();
  }
}
