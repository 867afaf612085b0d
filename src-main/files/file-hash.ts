import { createHash } from 'node:crypto';
import { openRegularFile } from './foreign-file.ts';

/** SHA-256 of a file. `onBytes` receives the length of each piece that was read, and may throw to end the reading. */
export async function fileHash(file: string, onBytes: (bytes: number) => void = () => undefined): Promise<string> {
  const hash = createHash('sha256');
  const handle = await openRegularFile(file);
  for await (const piece of handle.createReadStream({ highWaterMark: 2 ** 20 })) {
    hash.update(piece);
    onBytes(piece.length);
  }
  return hash.digest('hex');
}
