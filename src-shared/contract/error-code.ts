import { z } from 'zod';

/**
 * Error codes by cause: `invalid_*` bad input, `not_found` a stale reference, `refused` an operation that is
 * possible in general but not with these inputs, `inputs_changed` a run whose dataset or base has changed since its
 * checkpoint, `out_of_memory`, `device_lost` and `disk_full` the machine, `damaged_home` a database that has to be
 * restored or rebuilt, `internal` a bug in the studio.
 */
export const errorCodeSchema = z.enum([
  'invalid_input',
  'invalid_file',
  'not_found',
  'refused',
  'inputs_changed',
  'not_finite',
  'out_of_memory',
  'device_lost',
  'disk_full',
  'damaged_home',
  'cancelled',
  'disconnected',
  'internal',
]);
export type ErrorCode = z.infer<typeof errorCodeSchema>;
