import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ModelDescription } from '../../../src-shared/domain/model.ts';
import { readAdapter, writeAdapter } from '../adapters/peft/adapter-folder.ts';
import type { AdapterState } from '../adapters/state.ts';
import { writeFolderAtomic } from '../tensors/atomic.ts';
import { readSafetensors, writeSafetensors } from '../tensors/safetensors.ts';
import type { OptimizerState } from './optimizers/optimizer.ts';
import { stepTimesSchema } from './step-times.ts';

const randomState = z.array(z.number().int());

/** State of the next step beside adapter and optimizer tensors, and running sums for the result. */
export const trainerStateSchema = z.strictObject({
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
      /** Of the metric that chooses the best. */
      value: z.number().nullable().default(null),
    })
    .nullable(),
  /** Evaluations in a row, for early stopping. */
  evaluations_without_improvement: z.number().int().min(0).default(0),
  /** Of every step, in checkpoints of versions before `step_times`. */
  step_milliseconds: z.array(z.number()).optional(),
  step_times: stepTimesSchema.optional(),
  active_share_sum: z.number(),
  last_loss: z.number().nullable(),
});
export type TrainerState = z.infer<typeof trainerStateSchema>;

export interface Checkpoint {
  readonly adapter: AdapterState;
  readonly optimizer: OptimizerState;
  readonly trainer: TrainerState;
}

/** Writes a PEFT folder with `optimizer.safetensors` and `trainer_state.json` beside the adapter, atomically. */
export async function writeCheckpoint(
  directory: string,
  checkpoint: Checkpoint,
  details: { description: ModelDescription; baseModelName: string; readme?: string },
): Promise<void> {
  await writeFolderAtomic(directory, async (temporary) => {
    await writeAdapter(temporary, checkpoint.adapter, details);
    await writeSafetensors(join(temporary, 'optimizer.safetensors'), checkpoint.optimizer.tensors);
    await writeFile(join(temporary, 'trainer_state.json'), `${JSON.stringify(checkpoint.trainer)}\n`);
  });
}

/** @throws StudioError invalid_file if a part is missing or invalid. */
export async function readCheckpoint(directory: string, description: ModelDescription): Promise<Checkpoint> {
  const adapter = await readAdapter(directory, description);
  const trainer = await readTrainerState(join(directory, 'trainer_state.json'));
  const tensors = await readSafetensors(join(directory, 'optimizer.safetensors'));
  return { adapter, trainer, optimizer: { steps: new Map(Object.entries(trainer.optimizer_steps)), tensors } };
}

async function readTrainerState(path: string): Promise<TrainerState> {
  try {
    return trainerStateSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    throw new StudioError(
      'invalid_file',
      `The checkpoint ${basename(join(path, '..'))} cannot be resumed: trainer_state.json is missing or damaged.`,
      'Resume from another checkpoint, or start the run again.',
      cause instanceof Error ? cause.message : String(cause),
    );
  }
}
