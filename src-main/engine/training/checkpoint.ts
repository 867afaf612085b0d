import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import { writeFolderAtomic } from '../../files/atomic.ts';
import { readAdapter, writeAdapter } from '../adapters/peft/adapter-folder.ts';
import type { AdapterState } from '../adapters/variant/state.ts';
import type { OptimizerState } from '../optimizers/optimizer.ts';
import { readSafetensors, writeSafetensors } from '../tensors/safetensors.ts';
import {
  type CheckpointManifest,
  checkHashes,
  checkSizes,
  readManifest,
  requireFiles,
  writeManifest,
} from './checkpoint-manifest.ts';
import { readTrainerState, type TrainerState, trainerStateFile } from './trainer-state.ts';

const optimizerFile = 'optimizer.safetensors';

export interface Checkpoint {
  readonly adapter: AdapterState;
  readonly optimizer: OptimizerState;
  readonly trainer: TrainerState;
}

/**
 * Writes a PEFT folder with `optimizer.safetensors`, `trainer_state.json` and the hashes of all files beside the adapter, by
 * one rename. `directory` must be new.
 */
export async function writeCheckpoint(
  directory: string,
  checkpoint: Checkpoint,
  details: Pick<CheckpointManifest, 'accuracy' | 'inputs' | 'inputChanges'> & {
    description: ModelDescription;
    baseModelName: string;
    readme?: string;
  },
): Promise<void> {
  await writeFolderAtomic(directory, async (temporary) => {
    await writeAdapter(temporary, checkpoint.adapter, details);
    await writeSafetensors(join(temporary, optimizerFile), checkpoint.optimizer.tensors);
    await writeFile(join(temporary, trainerStateFile), `${JSON.stringify(checkpoint.trainer)}\n`);
    const { accuracy, inputs, inputChanges } = details;
    await writeManifest(temporary, { step: checkpoint.trainer.global_step, accuracy, inputs, inputChanges });
  });
}

/** Facts about a checkpoint in its files. */
export interface CheckpointFacts {
  readonly trainer: TrainerState;
  /** Accuracy of the evaluation at its step; null if there was none, or in checkpoints of earlier versions. */
  readonly accuracy: number | null;
}

/**
 * Looks at the state of a checkpoint and at the sizes of its files.
 * @throws StudioError invalid_file if a part is missing or cut
 */
export function peekCheckpoint(directory: string): CheckpointFacts {
  const manifest = readManifest(directory);
  if (manifest !== null) checkSizes(directory, manifest);
  else requireFiles(directory, ['adapter_model.safetensors', optimizerFile]);
  return { trainer: readTrainerState(directory), accuracy: manifest?.accuracy ?? null };
}

/**
 * Counterpart of `peekCheckpoint` that also compares every file with its hash.
 * @throws StudioError invalid_file if a part is missing or damaged
 */
export async function checkCheckpoint(directory: string): Promise<CheckpointFacts> {
  const manifest = readManifest(directory);
  if (manifest !== null) await checkHashes(directory, manifest);
  return peekCheckpoint(directory);
}

/** @throws StudioError invalid_file if a part is missing or invalid. */
export async function readCheckpoint(directory: string, description: ModelDescription): Promise<Checkpoint> {
  const adapter = await readAdapter(directory, description);
  const trainer = readTrainerState(directory);
  const tensors = await readSafetensors(join(directory, optimizerFile));
  return { adapter, trainer, optimizer: { steps: new Map(Object.entries(trainer.optimizer_steps)), tensors } };
}
