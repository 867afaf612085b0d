import { z } from 'zod';
import { computeBackendReportSchema, computeIdSchema } from '../../src-shared/domain/app/catalog.ts';
import { engineResultSchema, engineTaskSchema } from './contract.ts';
import { engineEventSchema, engineSignalSchema } from './events.ts';

/** RPC contract between the backend and the engine's process or thread. */
export const engineContract = {
  requests: {
    /**
     * Runs one task to its end; refused while another one runs, except where both are generations with a number `run`,
     * which their events and signals carry.
     */
    'engine.run': {
      input: z.strictObject({ task: engineTaskSchema, run: z.number().int().optional() }),
      output: engineResultSchema,
    },
    'engine.signal': {
      /** `run`: to one of the runs trained together, or to a task of this number; absent: to every task. */
      input: z.strictObject({ signal: engineSignalSchema, run: z.number().int().optional() }),
      output: z.object({ ok: z.literal(true) }),
    },
    /** Answered at once by an engine that is not stuck. */
    'engine.ping': { input: z.strictObject({}), output: z.object({ ok: z.literal(true) }) },
    /** null: there is no such backend. `measure` activates it: only in an engine that does nothing else. */
    'engine.probe': {
      input: z.strictObject({ backend: computeIdSchema, measure: z.boolean() }),
      output: computeBackendReportSchema.nullable(),
    },
  },
  events: { 'engine.event': engineEventSchema },
} as const;
