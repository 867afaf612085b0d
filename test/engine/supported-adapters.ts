import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { AdapterVariant } from '../../src-main/engine/adapters/variant/variant.ts';
import { recognizeVariant } from '../../src-main/engine/adapters/variants/index.ts';
import { StudioError } from '../../src-shared/contract/errors.ts';
import { adapterConfigSchema } from '../../src-shared/domain/adapters/adapter.ts';

/** The variant of a PEFT folder; null where none of the list describes it. */
export function variantOf(folder: string): AdapterVariant | null {
  const file = join(folder, 'adapter_config.json');
  if (!existsSync(file)) return null;
  const config = z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(file, 'utf8')));
  const given = Object.entries(config).filter(([, value]) => value !== null);
  try {
    return recognizeVariant(adapterConfigSchema.parse(Object.fromEntries(given)), folder);
  } catch (error) {
    if (error instanceof StudioError) return null;
    throw error;
  }
}

export function isSupported(folder: string): boolean {
  return variantOf(folder) !== null;
}
