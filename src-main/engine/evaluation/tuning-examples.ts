import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { DatasetSource } from '../../../src-shared/domain/data/dataset.ts';
import type { TaskSettings } from '../../../src-shared/domain/runs/task.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import type { AdaptedModel } from '../adapters/model/adapted-model.ts';
import type { TaskContext } from '../events.ts';
import type { MicroBatch } from '../losses/batch-loss.ts';
import type { BaseModel } from '../models/base-model.ts';
import { openTask, type TaskOnData } from '../tasks/open-task.ts';
import { batchScore } from './batch-objective.ts';

const batchSize = 16;

export interface TuningSource {
  readonly modelDirectory: string;
  readonly base: BaseModel;
  readonly source: DatasetSource & { readonly settings: TaskSettings };
  /** Examples at most. */
  readonly samples: number;
  readonly seed: number;
}

/**
 * A seeded sample of a dataset's training split, for methods that look at data. The test split, which scores are
 * reported on, is never read.
 */
export class TuningExamples {
  /** Number of examples. */
  readonly count: number;
  private readonly task: TaskOnData;
  private readonly chosen: readonly Int32Array[];
  private readonly context: TaskContext;

  private constructor(task: TaskOnData, chosen: readonly Int32Array[], context: TaskContext) {
    this.task = task;
    this.chosen = chosen;
    this.context = context;
    this.count = chosen.reduce((total, { length }) => total + length, 0);
  }

  /** The caller closes them. @throws StudioError invalid_input where the training split is empty */
  static async open(request: TuningSource, context: TaskContext): Promise<TuningExamples> {
    const { base, source, samples, seed } = request;
    const model = base.description;
    const task = await openTask({ ...request, model, settings: source.settings, training: true }, context);
    const all = Array.from({ length: task.train.count }, (_, index) => index);
    const used = RandomStream.named(seed, 'merge', 'tuning').shuffle(all).slice(0, samples);
    if (used.length === 0) {
      task.close();
      throw new StudioError(
        'invalid_input',
        'There are no training examples to tune on.',
        'Choose a dataset with a training split.',
      );
    }
    const starts = Array.from({ length: Math.ceil(used.length / batchSize) }, (_, batch) => batch * batchSize);
    const chosen = starts.map((start) => Int32Array.from(used.slice(start, start + batchSize)));
    return new TuningExamples(task, chosen, context);
  }

  get batchCount(): number {
    return this.chosen.length;
  }

  /** Batch `index`, modulo their number. */
  batch(index: number): Promise<MicroBatch> {
    return this.task.train.load(this.chosen[index % this.chosen.length] ?? new Int32Array());
  }

  /** All batches in order. @throws StudioError cancelled when the task is signalled, between batches */
  async *batches(): AsyncIterable<MicroBatch> {
    for (const indices of this.chosen) {
      if ((await this.context.signal()) !== null) throw new StudioError('cancelled', 'The job was cancelled.');
      yield await this.task.train.load(indices);
    }
  }

  /** Accuracy of classes, else the negative mean loss: higher is better. */
  async score(model: AdaptedModel): Promise<number> {
    let [total, counted] = [0, 0];
    for await (const batch of this.batches()) {
      const labels = batch.loss.counted();
      total += labels * (await batchScore(model, batch));
      counted += labels;
    }
    return total / Math.max(1, counted);
  }

  close(): void {
    this.task.close();
  }
}
