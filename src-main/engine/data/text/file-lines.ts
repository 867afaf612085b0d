import { largestRowBytes, type RowReading } from './raw-row.ts';
import { utf8Chunks } from './utf8-chunks.ts';

const lineFeed = 0x0a;

/** A line of a text file. */
export interface FileLine {
  /** From 1. */
  readonly line: number;
  /** In UTF-8, without the line feed; null where it is longer than a row may be. */
  readonly bytes: Buffer | null;
}

/** The lines of a text file, some at a time; the last one may be empty. */
export async function* fileLines(path: string, reading: RowReading): AsyncGenerator<FileLine[]> {
  let line = 1;
  let rest: Buffer[] = [];
  let restBytes = 0;
  let skipping = false;
  for await (const chunk of utf8Chunks(path, reading)) {
    const lines: FileLine[] = [];
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      const tail = chunk.subarray(start, end);
      if (!skipping) lines.push({ line, bytes: restBytes === 0 ? tail : Buffer.concat([...rest, tail]) });
      skipping = false;
      rest = [];
      restBytes = 0;
      line++;
      start = end + 1;
    }
    if (!skipping) {
      rest.push(chunk.subarray(start));
      restBytes += chunk.length - start;
      if (restBytes > largestRowBytes) {
        lines.push({ line, bytes: null });
        skipping = true;
        rest = [];
        restBytes = 0;
      }
    }
    yield lines;
  }
  yield skipping ? [] : [{ line, bytes: Buffer.concat(rest) }];
}
