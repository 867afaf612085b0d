import { basename } from 'node:path';
import type { DatasetSource } from '../../../src-shared/domain/data/dataset.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { type FoundFile, filesAt } from '../../files/input-files.ts';

/** The second file of a dataset, which has its test examples; null where its reader's options name none. */
export function testFileOf(options: ParameterValues): string | null {
  const file = options['test_file'];
  return typeof file === 'string' && file !== '' ? file : null;
}

/** The files of a dataset, including the one that holds its test examples. */
export async function datasetFiles({ path, options }: DatasetSource): Promise<FoundFile[]> {
  const own = await filesAt(path, basename(path));
  const testFile = testFileOf(options);
  return testFile === null ? own : [...own, ...(await filesAt(testFile, `test/${basename(testFile)}`))];
}
