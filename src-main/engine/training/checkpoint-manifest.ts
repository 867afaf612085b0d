import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';

const manifestFile = 'manifest.json';

const manifestSchema = z.strictObject({
  format: z.literal(1),
  step: z.number().int().min(0),
  accuracy: z.number().nullable(),
  files: z.array(z.strictObject({ name: z.string(), bytes: z.number().int().min(0), sha256: z.string() })),
});
export type CheckpointManifest = z.infer<typeof manifestSchema>;

/** Lists the files of a checkpoint with their hashes, so that a damaged one is found before it is trained on. */
export async function writeManifest(
  directory: string,
  { step, accuracy }: Pick<CheckpointManifest, 'step' | 'accuracy'>,
): Promise<void> {
  const files: CheckpointManifest['files'] = [];
  for (const name of (await readdir(directory)).sort()) {
    const path = join(directory, name);
    files.push({ name, bytes: (await stat(path)).size, sha256: await fileSha256(path) });
  }
  await writeFile(join(directory, manifestFile), `${JSON.stringify({ format: 1, step, accuracy, files })}\n`);
}

/** Null in checkpoints of versions that wrote none. @throws StudioError invalid_file if it is damaged */
export function readManifest(directory: string): CheckpointManifest | null {
  let text: string;
  try {
    text = readFileSync(join(directory, manifestFile), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch {
    throw damaged(directory, `${manifestFile} is damaged`);
  }
}

/**
 * Looks whether every file is there with its size, which costs a stat each.
 * @throws StudioError invalid_file that names the first one that is not
 */
export function checkSizes(directory: string, { files }: CheckpointManifest): void {
  for (const { name, bytes } of files) {
    const found = statSync(join(directory, basename(name)), { throwIfNoEntry: false });
    if (found === undefined) throw damaged(directory, `${name} is missing`);
    if (found.size !== bytes) throw damaged(directory, `${name} has ${found.size} bytes instead of ${bytes}`);
  }
}

/** @throws StudioError invalid_file if one of them is missing */
export function requireFiles(directory: string, names: readonly string[]): void {
  const missing = names.find((name) => !existsSync(join(directory, name)));
  if (missing !== undefined) throw damaged(directory, `${missing} is missing`);
}

/**
 * Compares every file with what was written.
 * @throws StudioError invalid_file that names the first one that differs
 */
export async function checkHashes(directory: string, manifest: CheckpointManifest): Promise<void> {
  checkSizes(directory, manifest);
  for (const { name, sha256 } of manifest.files)
    if ((await fileSha256(join(directory, basename(name)))) !== sha256)
      throw damaged(directory, `${name} is not as it was written (SHA-256)`);
}

export async function fileSha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

function damaged(directory: string, why: string): StudioError {
  return new StudioError(
    'invalid_file',
    `The checkpoint ${basename(directory)} is damaged: ${why}.`,
    'Resume from another checkpoint, or start the run again.',
  );
}
