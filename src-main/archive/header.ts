import type * as FileSystem from 'node:fs';

/** A file as the header of an archive (app.asar) describes it. */
export interface ArchivedFile {
  /** True for a file in the folder beside the archive; the header has only its hash. */
  readonly isBeside: boolean;
  /** Position of its first byte in the archive; without meaning if it lies beside it. */
  readonly start: number;
  readonly size: number;
  readonly isLink: boolean;
  /** In hexadecimal digits; null: the archive was made without. */
  readonly sha256: string | null;
}

type Reading = Pick<typeof FileSystem, 'openSync' | 'readSync' | 'closeSync'>;

/** In front of the header are four counts of four bytes: the last one is the length of the header's JSON. */
const countBytes = 16;

/**
 * Reads which files an archive has, by their paths with slashes.
 * @param fs `original-fs` in Electron, whose own takes an archive for a folder
 * @throws Error if the file is no archive
 */
export function readArchiveHeader(archive: string, fs: Reading): ReadonlyMap<string, ArchivedFile> {
  const file = fs.openSync(archive, 'r');
  try {
    const counts = Buffer.alloc(countBytes);
    fs.readSync(file, counts, 0, countBytes, 0);
    const text = Buffer.alloc(counts.readUInt32LE(12));
    fs.readSync(file, text, 0, text.length, countBytes);
    const header: unknown = JSON.parse(text.toString('utf8'));
    // The second count is the length of the header with what fills it up.
    return new Map(filesIn(header, '', 8 + counts.readUInt32LE(4)));
  } finally {
    fs.closeSync(file);
  }
}

function* filesIn(entry: unknown, path: string, start: number): Generator<[string, ArchivedFile]> {
  const { files } = fieldsOf(entry);
  for (const [name, child] of Object.entries(fieldsOf(files))) {
    const below = path === '' ? name : `${path}/${name}`;
    const { files: inner, unpacked, offset, size, link, integrity } = fieldsOf(child);
    if (inner !== undefined) {
      yield* filesIn(child, below, start);
      continue;
    }
    const { hash } = fieldsOf(integrity);
    yield [
      below,
      {
        isBeside: unpacked === true,
        start: start + Number(offset ?? 0),
        size: Number(size ?? 0),
        isLink: link !== undefined,
        sha256: typeof hash === 'string' ? hash : null,
      },
    ];
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
