import type { ParameterValues } from '../../../src-shared/domain/parameter.ts';

/** The second file of a dataset, which has its test examples; null where its reader's options name none. */
export function testFileOf(options: ParameterValues): string | null {
  const file = options['test_file'];
  return typeof file === 'string' && file !== '' ? file : null;
}
