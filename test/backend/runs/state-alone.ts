import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeManifest } from '../../../src-main/engine/training/checkpoint-manifest.ts';
import type { TrainerState } from '../../../src-main/engine/training/trainer-state.ts';

const random = [1, 2, 3, 4];

export function trainerState(step: number): TrainerState {
  return {
    format: 1,
    global_step: step,
    total_steps: 1000,
    order: { epoch: 0, position: 0, epochRandomState: random },
    random: { coto: random, dropout: random },
    optimizer_steps: {},
    best: null,
    evaluations_without_improvement: 0,
    active_share_sum: step,
    last_loss: null,
  };
}

/** A checkpoint without tensors, for an engine that trains nothing. */
export async function writeStateAlone(folder: string, step: number): Promise<string> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'trainer_state.json'), JSON.stringify(trainerState(step)));
  await writeManifest(folder, { step, accuracy: null });
  return folder;
}
