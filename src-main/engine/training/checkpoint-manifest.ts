import { existsSync, readFileSync, statSync } from 'node:fs';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { inputChangeSchema } from '../../../src-shared/domain/runs/run-info.ts';
import { fileHash } from '../../files/file-hash.ts';
import { trainingInputsSchema } from './training-inputs.ts';

const manifestFile = 'manifest.json';

const manifestSchema = z.strictObject({
  format: z.literal(1),
  step: z.number().int().min(0),
  accuracy: z.number().nullable(),
  files: z.array(z.strictObject({ name: z.string(), bytes: z.number().int().min(0), sha256: z.string() })),
  inputs: trainingInputsSchema.optional().describe('absent in checkpoints of earlier versions'),
  inputChanges: z.array(inputChangeSchema).optional().describe('that the run was resumed in spite of'),
});
export type CheckpointManifest = z.infer<typeof manifestSchema>;

/** Lists the files of a checkpoint with their hashes, so that a damaged one is found before it is trained on. */
export async function writeManifest(
  directory: string,
  facts: Omit<CheckpointManifest, 'format' | 'files'>,
): Promise<void> {
  const files: CheckpointManifest['files'] = [];
  for (const name of (await readdir(directory)).sort()) {
    const path = join(directory, name);
    files.push({ name, bytes: (await stat(path)).size, sha256: await fileHash(path) });
  }
  await writeFile(join(directory, manifestFile), `${JSON.stringify({ format: 1, ...facts, files })}\n`);
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
    if ((await fileHash(join(directory, basename(name)))) !== sha256)
      throw damaged(directory, `${name} has changed since it was written (SHA-256)`);
}

function damaged(directory: string, why: string): StudioError {
  return new StudioError(
    'invalid_file',
    `The checkpoint ${basename(directory)} is damaged: ${why}.`,
    'Resume from another checkpoint, or start the run again.',
  );
}
