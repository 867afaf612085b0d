import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { isUnfinished, writeFileAtomic } from '../../files/atomic.ts';
import { readJson } from '../../files/below.ts';
import type { Home } from './home.ts';

/** In the home: a file for each path outside of it that is being written and that no job names. */
const notesFolder = 'writing';
const noteSchema = z.object({ path: z.string() });

/** Writes something outside of the home; killed meanwhile, the next opening removes what was not finished. */
export async function withOutputNote<Result>(
  { home }: { readonly home: Home },
  path: string,
  write: () => Promise<Result>,
): Promise<Result> {
  const note = home.absolute(notesFolder, `${randomUUID()}.json`);
  mkdirSync(dirname(note), { recursive: true, mode: 0o700 });
  await writeFileAtomic(note, JSON.stringify({ path }));
  try {
    return await write();
  } finally {
    rmSync(note, { force: true });
    // Not while another is being written.
    if (readdirSync(dirname(note)).length === 0) rmSync(dirname(note), { recursive: true });
  }
}

/** The paths that were being written as the home was last open; they are forgotten. */
export function takeNotedOutputs({ home }: { readonly home: Home }): string[] {
  const folder = home.absolute(notesFolder);
  const paths = home.entries(notesFolder).names.flatMap((name) => readJson(join(folder, name), noteSchema)?.path ?? []);
  rmSync(folder, { recursive: true, force: true });
  return paths;
}

/** Removes what is unfinished beside a path that was to be written; whether there was anything. */
export function removeUnfinishedAt(path: string): boolean {
  const folder = dirname(path);
  if (!existsSync(folder)) return false;
  const ours = readdirSync(folder).filter((name) => isUnfinished(name) && name.startsWith(`.${basename(path)}.`));
  for (const name of ours) rmSync(join(folder, name), { recursive: true, force: true });
  return ours.length > 0;
}
