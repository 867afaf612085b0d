import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { addonFile } from './load-addon.ts';

/** The file beside the addon that scripts/bootstrap/native.mjs writes. */
const recordFile = 'built.json';
const recordSchema = z.object({
  compiler: z.string(),
  system: z.string(),
  flags: z.array(z.string()),
  instructionSets: z.array(z.string()),
  sources: z.string(),
});

/** Describes how the addon was compiled, in one line; null without an addon, or with one of an earlier version. */
export function nativeBuild(): string | null {
  const addon = addonFile();
  if (addon === null) return null;
  try {
    const record = recordSchema.parse(JSON.parse(readFileSync(path.join(path.dirname(addon), recordFile), 'utf8')));
    const { compiler, system, instructionSets, flags, sources } = record;
    const code = flags.filter((flag) => !/^-[WD]/.test(flag));
    return `${compiler} for ${system} (${instructionSets.join(', ')}), ${code.join(' ')}, sources ${sources.slice(0, 12)}`;
  } catch {
    return null;
  }
}
