import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { CheckpointRecord } from '../../../src-shared/domain/runs/checkpoint.ts';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import { checkCheckpoint, peekCheckpoint } from '../../engine/api/training.ts';
import type { Home } from '../home/home.ts';

/** The latest checkpoint that a run can go on from, as far as its state and the sizes of its files say; null if there is none. */
export function latestCheckpoint(home: Home, run: RunRecord): CheckpointRecord | null {
  return resumable(run).find((checkpoint) => looksWhole(home, checkpoint)) ?? null;
}

export interface WholeCheckpoint {
  /** Null if there is none to go on from. */
  readonly checkpoint: CheckpointRecord | null;
  /** The later ones that are damaged, the latest first, each with a sentence. */
  readonly damaged: readonly { readonly checkpoint: CheckpointRecord; readonly message: string }[];
}

/** The latest checkpoint, not later than `from`, all of whose files are as they were written. */
export async function latestWholeCheckpoint(
  home: Home,
  run: RunRecord,
  from: CheckpointRecord,
): Promise<WholeCheckpoint> {
  const damaged: { checkpoint: CheckpointRecord; message: string }[] = [];
  const others = resumable(run).filter((one) => one.folder !== from.folder && one.step <= from.step);
  for (const checkpoint of [from, ...others]) {
    const message = await damageOf(home, checkpoint);
    if (message === null) return { checkpoint, damaged };
    damaged.push({ checkpoint, message });
  }
  return { checkpoint: null, damaged };
}

/** @throws StudioError not_found */
export function requireCheckpoint(run: RunRecord, folder: string): CheckpointRecord {
  const checkpoint = run.checkpoints.find((one) => one.folder === folder);
  if (checkpoint === undefined)
    throw new StudioError('not_found', `The run "${run.name}" has no checkpoint ${folder}.`);
  return checkpoint;
}

/** The latest first. */
function resumable({ checkpoints }: RunRecord): CheckpointRecord[] {
  return checkpoints.filter((checkpoint) => checkpoint.resumable).sort((one, other) => other.step - one.step);
}

function looksWhole(home: Home, { folder, step }: CheckpointRecord): boolean {
  try {
    return peekCheckpoint(home.absolute(folder)).trainer.global_step === step;
  } catch {
    return false;
  }
}

/** Returns the problem of a checkpoint, or null. */
async function damageOf(home: Home, { folder, step }: CheckpointRecord): Promise<string | null> {
  try {
    const { trainer } = await checkCheckpoint(home.absolute(folder));
    if (trainer.global_step === step) return null;
    return `The checkpoint ${folder} is of step ${trainer.global_step}, not of step ${step}.`;
  } catch (thrown) {
    if (!(thrown instanceof StudioError)) throw thrown;
    return thrown.message;
  }
}
