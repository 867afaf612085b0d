import { z } from 'zod';

/** How a home with a damaged or lost database is opened: from the newest backup that is whole, or from an empty database. */
export const recoveryWaySchema = z.enum(['restore', 'rebuild']);
export type RecoveryWay = z.infer<typeof recoveryWaySchema>;
