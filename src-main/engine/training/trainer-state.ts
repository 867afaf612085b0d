import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { randomStateLength } from '../../../src-shared/random.ts';
import { stepTimesSchema } from './step-times.ts';

export const trainerStateFile = 'trainer_state.json';

const randomState = z.array(z.number().int()).length(randomStateLength, 'the state of a random stream is truncated');

/** State of the next step beside adapter and optimizer tensors, and running sums for the result. */
export const trainerStateSchema = z
  .strictObject({
    format: z.literal(1),
    global_step: z.number().int().min(0),
    total_steps: z.number().int().min(1),
    order: z.strictObject({
      epoch: z.number().int().min(0),
      position: z.number().int().min(0),
      epochRandomState: randomState,
    }),
    random: z.strictObject({ coto: randomState, dropout: randomState }),
    optimizer_steps: z.record(z.string(), z.number().int().min(0)),
    best: z
      .strictObject({
        step: z.number().int(),
        accuracy: z.number().nullable(),
        loss: z.number().nullable().default(null),
        /** Value of the metric that selects the best evaluation. */
        value: z.number().nullable().default(null),
      })
      .nullable(),
    /** The evaluation before the first step. */
    start: z
      .strictObject({
        accuracy: z.number().nullable(),
        loss: z.number(),
        metrics: z.record(z.string(), z.number()),
      })
      .optional(),
    /** Evaluations in a row, for early stopping. */
    evaluations_without_improvement: z.number().int().min(0).default(0),
    /** Duration of every step, in checkpoints of versions before `step_times`. */
    step_milliseconds: z.array(z.number()).optional(),
    step_times: stepTimesSchema.optional(),
    active_share_sum: z.number(),
    last_loss: z.number().nullable(),
  })
  .refine(({ global_step, total_steps }) => global_step <= total_steps, 'global_step is beyond total_steps');
export type TrainerState = z.infer<typeof trainerStateSchema>;

/** @throws StudioError invalid_file if it is missing or damaged */
export function readTrainerState(directory: string): TrainerState {
  let text: string;
  try {
    text = readFileSync(join(directory, trainerStateFile), 'utf8');
  } catch (cause) {
    throw notResumable(directory, `${trainerStateFile} is missing`, cause);
  }
  try {
    return trainerStateSchema.parse(JSON.parse(text));
  } catch (cause) {
    const first = cause instanceof z.ZodError ? cause.issues[0] : undefined;
    const why = first?.code === 'custom' || first?.code === 'too_small' ? `: ${first.message}` : '';
    throw notResumable(directory, `${trainerStateFile} is damaged${why}`, cause);
  }
}

function notResumable(directory: string, why: string, cause: unknown): StudioError {
  return new StudioError(
    'invalid_file',
    `The checkpoint ${basename(directory)} cannot be resumed: ${why}.`,
    'Resume from another checkpoint, or start the run again.',
    cause instanceof Error ? cause.message : String(cause),
  );
}
