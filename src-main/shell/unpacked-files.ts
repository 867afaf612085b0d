import { createHash } from 'node:crypto';
import type * as FileSystem from 'node:fs';
import { join, relative } from 'node:path';
import { z } from 'zod';

/** A folder or file in the header of an archive: of what lies beside it only the hashes are in it. */
interface Entry {
  readonly files?: Readonly<Record<string, Entry>> | undefined;
  readonly unpacked?: boolean | undefined;
  readonly link?: string | undefined;
  readonly integrity?: { readonly algorithm: string; readonly hash: string } | undefined;
}
const entrySchema: z.ZodType<Entry> = z.lazy(() =>
  z.object({
    files: z.record(z.string(), entrySchema).optional(),
    unpacked: z.boolean().optional(),
    link: z.string().optional(),
    integrity: z.object({ algorithm: z.string(), hash: z.string() }).optional(),
  }),
);

/** Unpacked files that no program loads. */
const data = /\.(png|txt|md|csv|parquet|gz|safetensors|yaml|woff2)$/i;

/**
 * Compares what lies beside the archive with the SHA-256 that its header has of each file: Electron checks that header and
 * what is inside, and nothing of the rest. Answers the first file that is another one or was put there; null: all are as
 * they were packed.
 * @param archive path of app.asar
 * @param fs `original-fs` in Electron, whose own takes an archive for a folder
 */
export async function changedUnpackedFile(archive: string, fs: typeof FileSystem): Promise<string | null> {
  const folder = `${archive}.unpacked`;
  const header = entrySchema.parse(await readHeader(archive, fs));
  const packed = new Map(unpackedFiles(header));
  for (const entry of await fs.promises.readdir(folder, { withFileTypes: true, recursive: true })) {
    const name = relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/');
    if (!entry.isDirectory() && !packed.has(name)) return name;
  }
  for (const [name, hash] of packed) {
    if (hash === null || data.test(name)) continue;
    if ((await hashOf(join(folder, name), fs)) !== hash) return name;
  }
  return null;
}

/** The header is JSON behind four counts of four bytes; the last one is its length. */
async function readHeader(archive: string, fs: typeof FileSystem): Promise<unknown> {
  const file = await fs.promises.open(archive);
  try {
    const counts = Buffer.alloc(16);
    await file.read(counts, 0, counts.length, 0);
    const text = Buffer.alloc(counts.readUInt32LE(12));
    await file.read(text, 0, text.length, counts.length);
    return JSON.parse(text.toString('utf8'));
  } finally {
    await file.close();
  }
}

function* unpackedFiles(entry: Entry, path = ''): Generator<[name: string, hash: string | null]> {
  for (const [name, child] of Object.entries(entry.files ?? {})) {
    const below = path === '' ? name : `${path}/${name}`;
    if (child.files !== undefined) yield* unpackedFiles(child, below);
    else if (child.unpacked === true) yield [below, child.link === undefined ? (child.integrity?.hash ?? '') : null];
  }
}

async function hashOf(file: string, fs: typeof FileSystem): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of fs.createReadStream(file, { highWaterMark: 1024 * 1024 })) hash.update(chunk);
  } catch {
    return null;
  }
  return hash.digest('hex');
}
