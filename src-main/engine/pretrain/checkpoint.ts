import { existsSync, readdirSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { discardFolder, isUnfinished, writeFolderAtomic } from '../../files/atomic.ts';
import { toHost } from '../ops/to-host.ts';
import type { OptimizerState } from '../optimizers/optimizer.ts';
import type { HostTensor } from '../tensors/host-tensor.ts';
import { readSafetensors, writeSafetensors } from '../tensors/safetensors.ts';
import type { BatchOrderState } from '../training/batch-order.ts';

const weightsFile = 'weights.safetensors';
const optimizerFile = 'optimizer.safetensors';
const stateFile = 'trainer_state.json';
const files = [weightsFile, optimizerFile, stateFile];

const stateSchema = z.strictObject({
  format: z.literal(1),
  step: z.number().int().min(0),
  seconds: z.number(),
  /** Settings of the steps so far; a training with others cannot be resumed. */
  config: z.string(),
  /** Hashes of the data of the steps so far; absent in checkpoints of earlier versions. */
  data: z.string().optional(),
  order: z.strictObject({
    epoch: z.number().int(),
    position: z.number().int(),
    epochRandomState: z.array(z.number().int()),
  }),
  optimizer_steps: z.record(z.string(), z.number().int()),
});

/** State of a pretraining, to continue bit for bit. */
export interface PretrainCheckpoint {
  readonly step: number;
  readonly seconds: number;
  readonly config: string;
  readonly data?: string | undefined;
  readonly order: BatchOrderState;
  readonly optimizer: OptimizerState;
}

/** Writes weights, moments and counters as a new folder below `parent`, by one rename; then the ones before it go. */
export async function writePretrainCheckpoint(
  parent: string,
  variables: ReadonlyMap<string, tf.Variable>,
  { optimizer, order, ...state }: PretrainCheckpoint,
): Promise<void> {
  const weights = new Map<string, HostTensor>();
  for (const [name, variable] of variables) weights.set(name, await toHost(variable));
  const text = JSON.stringify({
    format: 1,
    ...state,
    order: { ...order, epochRandomState: [...order.epochRandomState] },
    optimizer_steps: Object.fromEntries(optimizer.steps),
  });
  const before = foldersIn(parent);
  const name = `step-${String(state.step).padStart(6, '0')}`;
  // Paused again before a step: it is there, and no checkpoint is written over another one.
  if (before.includes(name)) return;
  await writeFolderAtomic(join(parent, name), async (temporary) => {
    await writeSafetensors(join(temporary, weightsFile), weights);
    await writeSafetensors(join(temporary, optimizerFile), optimizer.tensors);
    await writeFile(join(temporary, stateFile), `${text}\n`);
  });
  for (const earlier of before) discardFolder(join(parent, earlier));
  // Checkpoint files of versions with a single folder that was replaced.
  for (const file of files) rmSync(join(parent, file), { force: true });
}

/**
 * Reads the latest checkpoint below `parent` and assigns its weights to the variables; null if there is none.
 * @throws StudioError invalid_file if it is damaged, refused if it has other settings, inputs_changed if it has other data.
 */
export async function readPretrainCheckpoint(
  parent: string,
  variables: ReadonlyMap<string, tf.Variable>,
  { config, data }: Required<Pick<PretrainCheckpoint, 'config' | 'data'>>,
): Promise<PretrainCheckpoint | null> {
  removeUnfinished(parent);
  const latest = foldersIn(parent).at(-1);
  const directory = latest === undefined ? parent : join(parent, latest);
  const file = join(directory, stateFile);
  if (!existsSync(file)) return null;
  const parsed = stateSchema.safeParse(await readJson(file));
  if (!parsed.success)
    throw new StudioError('invalid_file', `${file} is damaged.`, `Remove ${directory} to start from the beginning.`);
  const { optimizer_steps, format, ...state } = parsed.data;
  if (state.config !== config)
    throw new StudioError(
      'refused',
      `The checkpoint in ${directory} was made with other settings.`,
      'Give the settings that it was started with, or remove it to start from the beginning.',
    );
  if (state.data !== undefined && state.data !== data)
    throw new StudioError(
      'inputs_changed',
      `The data or the tokenizer have changed since step ${state.step}, at which ${directory} was saved.`,
      'Put the files back, or remove that folder to start from the beginning.',
    );
  const weights = await readSafetensors(join(directory, weightsFile));
  for (const [name, variable] of variables) {
    const stored = weights.get(name);
    if (stored?.shape.join() !== variable.shape.join())
      throw new StudioError('invalid_file', `${directory}: weights.safetensors lacks ${name} of [${variable.shape}].`);
    tf.tidy(() => variable.assign(tf.tensor(stored.data, [...stored.shape], 'float32')));
  }
  const tensors = await readSafetensors(join(directory, optimizerFile));
  return { ...state, optimizer: { steps: new Map(Object.entries(optimizer_steps)), tensors } };
}

/** The names of the checkpoints, the earliest first; there are two only where a process was killed. */
function foldersIn(parent: string): string[] {
  if (!existsSync(parent)) return [];
  return readdirSync(parent)
    .filter((name) => /^step-\d{6,}$/.test(name))
    .sort((one, other) => Number(one.slice(5)) - Number(other.slice(5)));
}

function removeUnfinished(parent: string): void {
  if (!existsSync(parent)) return;
  for (const name of readdirSync(parent).filter(isUnfinished))
    rmSync(join(parent, name), { recursive: true, force: true });
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return null;
  }
}
