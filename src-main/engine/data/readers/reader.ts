import { describeIssues, fieldOfIssues, StudioError } from '../../../../src-shared/contract/errors.ts';
import type { DatasetSource, TextExample, TextInspection } from '../../../../src-shared/domain/data/dataset.ts';
import type { EditableRows, RowQuery } from '../../../../src-shared/domain/data/edited-rows.ts';
import {
  type Declaration,
  type ParameterValues,
  parameterSchema,
} from '../../../../src-shared/domain/parameters/parameter.ts';
import type { OpenDataset } from '../dataset.ts';

/** A dataset format. `declaration.parameters` are the options of a source. */
export interface DatasetReader<Opened extends OpenDataset = OpenDataset> {
  readonly declaration: Declaration;
  /**
   * Source for `path` (absolute), or null if this reader does not recognize it. Reads names, not contents.
   * @param options of the source: `files` chooses files of a folder
   */
  detect(path: string, options?: ParameterValues): Promise<DatasetSource | null>;
  /** For text: previews the head of the file. Throws StudioError if the file itself cannot be read. */
  inspect?(path: string, options: ParameterValues): Promise<TextInspection>;
  /** For text: lists rows with their cells, for an editor. Throws StudioError as `open` does. */
  rows?(path: string, options: ParameterValues, query: RowQuery): Promise<EditableRows>;
  /** For text: the example that the row at this place becomes, or null. Throws StudioError as `open` does. */
  example?(path: string, options: ParameterValues, where: string): Promise<TextExample | null>;
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
