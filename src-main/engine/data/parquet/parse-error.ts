import { StudioError } from '../../../../src-shared/contract/errors.ts';

/** Reason why a part of a Parquet file cannot be read; the caller adds file, row group and column. */
export class ParquetError extends Error {
  readonly hint: string;

  constructor(what: string, hint = 'The file seems damaged or incomplete: copy or download it again.') {
    super(what);
    this.hint = hint;
  }
}

const writeAnew = 'Write it again, e.g. with pandas: DataFrame.to_parquet(path).';

/** A feature of valid files that this reader does not support. */
export function unsupported(what: string, hint: string = writeAnew): ParquetError {
  return new ParquetError(what, hint);
}

/**
 * Runs `read` and rethrows its errors with `path` and `place` (e.g. a row group and a column; empty for the whole
 * file).
 */
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
