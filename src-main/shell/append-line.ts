import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { StudioError } from '../../src-shared/contract/errors.ts';

const newline = 0x0a;

/** Adds a line of JSON at the end of a JSON Lines file. @throws StudioError invalid_file for another kind of file */
export async function appendLine(path: string, line: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    const first = Buffer.alloc(1);
    const last = Buffer.alloc(1);
    if (size > 0) {
      await file.read(first, 0, 1, 0);
      await file.read(last, 0, 1, size - 1);
      if (first.toString() !== '{')
        throw new StudioError(
          'invalid_file',
          `${basename(path)} is not a JSON Lines file.`,
          'Choose a .jsonl file, or add the example to a new file.',
        );
    }
    const start = size === 0 || last[0] === newline ? '' : '\n';
    await file.write(`${start}${line}`, size);
  } finally {
    await file.close();
  }
}
