import { z } from 'zod';
import { computeBackendReportSchema, computeIdSchema } from '../../src-shared/domain/catalog.ts';
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
    /** null: this version has no such backend. `measure` makes it the active one: only in an engine that does nothing else. */
    'engine.probe': {
      input: z.strictObject({ backend: computeIdSchema, measure: z.boolean() }),
      output: computeBackendReportSchema.nullable(),
    },
  },
  events: { 'engine.event': engineEventSchema },
} as const;
