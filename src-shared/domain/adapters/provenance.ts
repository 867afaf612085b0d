import { z } from 'zod';
import { registrationSchema } from '../studies/registration.ts';

/** Provenance of a study's result, recorded when it completed. Hashes are SHA-256 in hexadecimal. */
export const provenanceSchema = z.object({
  version: z.string().describe('of CoTo Studio'),
  commit: z.string().nullable().describe('of its sources, "+ changes" where they differ; null outside a checkout'),
  node: z.string(),
  platform: z.string(),
  cpu: z.string(),
  cores: z.number().int(),
  memoryBytes: z.number(),
  backend: z
    .object({ id: z.string(), device: z.string().nullable() })
    .nullable()
    .describe('compute backend with its device and instruction set; null where nothing had to be computed'),
  threads: z.number().int().nullable().describe('of evaluations; null: one a core'),
  trainedOn: z.array(z.string()).describe('backend, threads and dtype of the trainings'),
  bases: z.array(z.object({ name: z.string(), fingerprint: z.string() })),
  datasets: z.array(
    z.object({ name: z.string(), sha256: z.string().nullable().describe('null: too large to hash, or gone') }),
  ),
  adapters: z.array(
    z.object({
      name: z.string(),
      sha256: z.string().describe('of adapter_model.safetensors'),
      seed: z.number().int().nullable().describe('of the run that made it; null: of another origin'),
    }),
  ),
  seeds: z.array(z.number().int()).describe('of all runs behind the result'),
  registration: registrationSchema.optional().describe('where the study was registered before it was run'),
  parts: z.array(
    z.object({
      kind: z.string().describe('train, score, masks'),
      planned: z.number().int(),
      jobs: z.number().int().describe('that this study queued; the rest was there'),
      seconds: z.number().describe('in which any of these jobs ran, each since it was last started'),
    }),
  ),
});
export type Provenance = z.infer<typeof provenanceSchema>;
