import { z } from 'zod';
import { declarationSchema, parameterValuesSchema } from '../domain/parameters/parameter.ts';
import { studyRecordSchema } from '../domain/studies/study.ts';
import {
  placedBundleSchema,
  submissionSchema,
  targetProbeSchema,
  targetRecordSchema,
} from '../domain/targets/target.ts';
import { byId, done, nothing } from './request-shapes.ts';

const byName = z.strictObject({ name: z.string() });

/** Requests about the places outside this machine's queue, as `requests` lists them. */
export const targetRequests = {
  /** Lists the added targets and the available kinds. */
  'targets.list': {
    input: nothing,
    output: z.object({
      targets: z.array(targetRecordSchema),
      kinds: z.array(declarationSchema.extend({ takesHost: z.boolean() })),
    }),
  },
  /**
   * Adds a target, or replaces the one of that name. Only the command may call this, because a target names programs to
   * run.
   */
  'targets.save': {
    input: z.strictObject({
      name: z.string().regex(/^[\w.-]+$/, 'takes letters, digits, dots and hyphens'),
      kind: z.string(),
      host: z.string().nullable().default(null),
      parameters: parameterValuesSchema.default({}),
    }),
    output: targetRecordSchema,
  },
  /** By its name, which is its id. */
  'targets.remove': { input: byId, output: done },
  /** Asks the target, and one of its nodes, what is there. Takes seconds, or as long as a node is busy. */
  'targets.probe': { input: byName, output: targetProbeSchema },
  /** Bundles of this studio in the target's folder, and what needs each. */
  'targets.bundles': { input: byName, output: z.array(placedBundleSchema) },
  /** Removes bundles by their folders as they are listed, here and on the target's hosts; none that is needed. `inputs`: also what no bundle there has. */
  'targets.clean': {
    input: byName.extend({ folders: z.array(z.string()), inputs: z.boolean().default(false) }),
    output: z.object({ removed: z.array(placedBundleSchema), freedBytes: z.number() }),
  },
  /** Lists the submissions that trained or train a study's runs; empty for a local study. */
  'studies.submissions': { input: byId, output: z.array(submissionSchema) },
  /** Studies that nobody follows now, though runs of theirs go on at a target or have results there that are not here. */
  'studies.unfollowed': { input: nothing, output: z.array(studyRecordSchema) },
  /** Ends a study with all that it has on a target; or only some runs there, by their indices. */
  'studies.cancel': {
    input: z.strictObject({ id: z.string(), runs: z.array(z.number().int().min(0)).min(1).optional() }),
    output: done,
  },
} as const;
