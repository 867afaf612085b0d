import { z } from 'zod';

/** Way to open a home with a damaged or lost database: from the newest complete backup, or from an empty database. */
export const recoveryWaySchema = z.enum(['restore', 'rebuild']);
export type RecoveryWay = z.infer<typeof recoveryWaySchema>;
