import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { besideArchive } from '../archive/beside-archive.ts';

/** The version in package.json: two folders up, from the sources as from the built file. */
export function packageVersion(): string {
  const file = besideArchive(fileURLToPath(new URL('../../package.json', import.meta.url)));
  const text = readFileSync(file, 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}
