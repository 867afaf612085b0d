import type { CheckpointRecord } from '../../../src-shared/domain/runs/checkpoint.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import type { InputChange } from '../../../src-shared/domain/runs/run-info.ts';
import type { AdaptedModel } from '../adapters/model/adapted-model.ts';
import { followMemoryLimit } from '../compute/index.ts';
import type { TaskContext } from '../events.ts';
import { type Checkpoint, writeCheckpoint } from './checkpoint.ts';
import { CheckpointAge } from './checkpoint-age.ts';
import { newCheckpointFolder } from './checkpoint-folders.ts';
import { refuseDiverged } from './diverged.ts';
import { writeHistoryPart } from './history-files.ts';
import type { MetricRecorder } from './metric-recorder.ts';
import type { TrainingInputs } from './training-inputs.ts';

/** Parts of a training run that its checkpoints contain or need. */
export interface SavedParts {
  readonly config: RunConfig;
  readonly model: AdaptedModel;
  readonly totalSteps: number;
  readonly runDirectory: string;
  readonly baseModelName: string;
  /** Hashes of the files that the run trains on, for its checkpoints. */
  readonly inputs?: TrainingInputs;
  /** Changes of these files that the run was resumed in spite of. */
  readonly inputChanges?: readonly InputChange[];
  readonly context: TaskContext;
}

/** Writes the checkpoints of a run with the history since the one before, and decides when one is due by time. */
export class CheckpointSaver {
  private readonly parts: SavedParts;
  private readonly recorder: MetricRecorder;
  private readonly age: CheckpointAge;

  constructor(parts: SavedParts, recorder: MetricRecorder) {
    this.parts = parts;
    this.recorder = recorder;
    this.age = new CheckpointAge(parts.config.save_minutes);
  }

  /** True once the latest checkpoint is `save_minutes` old. */
  get isDue(): boolean {
    return this.age.isDue;
  }

  /**
   * Writes a new checkpoint and returns its folder. The keeper of the list of checkpoints removes the replaced one.
   * @param accuracy of an evaluation at this step; null without one
   */
  async save(kind: CheckpointRecord['kind'], checkpoint: Checkpoint, accuracy: number | null): Promise<string> {
    const { model, baseModelName, inputs, inputChanges = [], context, runDirectory, totalSteps } = this.parts;
    const step = checkpoint.trainer.global_step;
    refuseDiverged(checkpoint.adapter, `step ${step} of ${totalSteps}`);
    // Metrics of a step must arrive before a checkpoint that includes it.
    const { columns, masks } = this.recorder.takeSent();
    if (columns.length > 0 || masks.length > 0) await writeHistoryPart(runDirectory, { step, columns, masks });
    const folder = newCheckpointFolder(runDirectory, kind, step);
    await writeCheckpoint(folder, checkpoint, {
      description: model.base.description,
      baseModelName,
      accuracy,
      inputs,
      inputChanges: inputChanges.length === 0 ? undefined : [...inputChanges],
    });
    context.emit({ kind: 'checkpoint', checkpoint: { kind, step, folder, accuracy, resumable: true } });
    this.age.reset();
    // If less memory is left than before, the run had better end here, where it can be resumed.
    followMemoryLimit();
    return folder;
  }
}
