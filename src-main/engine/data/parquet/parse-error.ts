import { StudioError } from '../../../../src-shared/contract/errors.ts';

/** Why something of a Parquet file cannot be read; whoever reads it adds the file, the row group and the column. */
export class ParquetError extends Error {
  readonly hint: string;

  constructor(what: string, hint = 'The file seems damaged or incomplete: copy or download it again.') {
    super(what);
    this.hint = hint;
  }
}

const writeAnew = 'Write it anew, e.g. with pandas: DataFrame.to_parquet(path).';

/** What a sound file may hold and this reader does not read. */
export function unsupported(what: string, hint: string = writeAnew): ParquetError {
  return new ParquetError(what, hint);
}

/** Runs `read`; what it finds wrong is said of `path`, at `place` (e.g. a row group and a column; empty: of the file). */
export function readOf<Result>(path: string, place: () => string, read: () => Result): Result {
  try {
    return read();
  } catch (thrown) {
    if (!(thrown instanceof ParquetError)) throw thrown;
    const where = place();
    throw new StudioError(
      'invalid_file',
      `${path}${where === '' ? '' : `, ${where},`} ${thrown.message}.`,
      thrown.hint,
    );
  }
}
