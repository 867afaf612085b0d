import { z } from 'zod';
import { computeBackendReportSchema } from '../../src-shared/domain/catalog.ts';
import { engineEventSchema, engineResultSchema, engineSignalSchema, engineTaskSchema } from './contract.ts';

/** The engine's contract on the wire between the backend and the process or thread that computes. */
export const engineContract = {
  requests: {
    /** Runs one task to its end; refused while another one runs. */
    'engine.run': { input: z.strictObject({ task: engineTaskSchema }), output: engineResultSchema },
    'engine.signal': {
      input: z.strictObject({ signal: engineSignalSchema }),
      output: z.object({ ok: z.literal(true) }),
    },
    'engine.probe': { input: z.strictObject({}), output: z.array(computeBackendReportSchema) },
  },
  events: { 'engine.event': engineEventSchema },
} as const;
