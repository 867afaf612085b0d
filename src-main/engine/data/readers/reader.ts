import { describeIssues, fieldOfIssues, StudioError } from '../../../../src-shared/contract/errors.ts';
import type { DatasetSource, TextInspection } from '../../../../src-shared/domain/data/dataset.ts';
import {
  type Declaration,
  type ParameterValues,
  parameterSchema,
} from '../../../../src-shared/domain/parameters/parameter.ts';
import type { OpenDataset } from '../dataset.ts';

/** A dataset format. `declaration.parameters` are the options of a source. */
export interface DatasetReader<Opened extends OpenDataset = OpenDataset> {
  readonly declaration: Declaration;
  /** Source for `path` (absolute), or null if this reader does not recognize it. Reads names, not contents. */
  detect(path: string): Promise<DatasetSource | null>;
  /** For text: previews the head of the file. Throws StudioError if the file itself cannot be read. */
  inspect?(path: string, options: ParameterValues): Promise<TextInspection>;
  /** Throws StudioError naming the file, and the offset, row or folder, if the data violates the format. */
  open(path: string, options: ParameterValues): Promise<Opened>;
}

/** The options of `source`, validated against the reader's declaration, with defaults filled in. */
export function readerOptions(declaration: Declaration, source: DatasetSource): ParameterValues {
  const parsed = parameterSchema(declaration.parameters).safeParse(source.options);
  if (!parsed.success)
    throw new StudioError(
      'invalid_input',
      `The options of the dataset ${source.path} do not fit the reader ${declaration.id}: ${describeIssues(parsed.error)}.`,
    ).at(fieldOfIssues(parsed.error.issues) ?? 'options');
  return parsed.data;
}
