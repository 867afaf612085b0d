import { z } from 'zod';
import { plannedAdapterSchema } from '../../domain/adapters/adapter-reference.ts';
import { nameAmong } from '../config/composing.ts';
import type { StudyAdapter } from '../define-study.ts';

/** The adapters of studies that look at each by itself. */
export const namedAdaptersSchema = z
  .array(
    z.strictObject({
      label: z.string(),
      coto: z.boolean(),
      seed: z.number().int(),
      adapter: plannedAdapterSchema,
    }),
  )
  .min(1);

/** The same of adapters that a user chose. */
export function namedAdapters(adapters: readonly StudyAdapter[]): z.input<typeof namedAdaptersSchema> {
  return adapters.map((adapter) => ({
    label: nameAmong(adapter, adapters),
    coto: adapter.coto,
    seed: adapter.seed,
    adapter: { adapterId: adapter.id },
  }));
}
