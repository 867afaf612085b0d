import { describeIssues, StudioError } from '../../../../src-shared/contract/errors.ts';
import type { DatasetSource, TextInspection } from '../../../../src-shared/domain/dataset.ts';
import { type Declaration, type ParameterValues, parameterSchema } from '../../../../src-shared/domain/parameter.ts';
import type { OpenDataset } from '../dataset.ts';

/** One format of datasets. `declaration.parameters` are the options of a source. */
export interface DatasetReader<Opened extends OpenDataset = OpenDataset> {
  readonly declaration: Declaration;
  /** The source that `path` (absolute) is, if it is this reader's; null if it is not. Reads names, not contents. */
  detect(path: string): Promise<DatasetSource | null>;
  /** Of texts: how the head of the file would be read. Throws StudioError where the file itself cannot be. */
  inspect?(path: string, options: ParameterValues): Promise<TextInspection>;
  /** Throws StudioError naming the file, and the offset, row or folder, where the data is not what the format says. */
  open(path: string, options: ParameterValues): Promise<Opened>;
}

/** The options of `source` checked against what the reader declares, defaults filled in. */
export function readerOptions(declaration: Declaration, source: DatasetSource): ParameterValues {
  const parsed = parameterSchema(declaration.parameters).safeParse(source.options);
  if (!parsed.success)
    throw new StudioError(
      'invalid_input',
      `The options of the dataset ${source.path} do not fit the reader ${declaration.id}: ${describeIssues(parsed.error)}.`,
    );
  return parsed.data;
}
