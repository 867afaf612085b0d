import { z } from 'zod';

export const nothing = z.strictObject({});
export const done = z.object({ ok: z.literal(true) });
export const byId = z.strictObject({ id: z.string() });
