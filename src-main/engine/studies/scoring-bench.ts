import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { DatasetSource } from '../../../src-shared/domain/dataset.ts';
import { labelHead, type ModelDescription } from '../../../src-shared/domain/model.ts';
import type { TaskContext } from '../contract.ts';
import type { OpenPictures } from '../data/dataset.ts';
import { createImagePreprocessor, ImageBatcher } from '../data/image-batch.ts';
import { openPictures } from '../data/open-dataset.ts';
import { evaluationIndices } from '../data/subset.ts';
import { AdaptedModel } from '../lora/adapted-model.ts';
import type { AdapterState } from '../lora/adapter-state.ts';
import type { BaseModel } from '../models/base-model.ts';
import { type ClassificationLogits, classificationLogits, scoreLogits } from '../training/evaluation.ts';
import type { PassProgress } from './pass-progress.ts';

/** Accuracy in [0, 1] and mean cross-entropy in nats. */
export interface Score {
  readonly accuracy: number;
  readonly loss: number;
}

const batchSize = 100;

/**
 * One base and one data set's test examples, on which many adapters are scored one after the other. The base's weights are
 * loaded once, pictures are decoded once.
 */
export class ScoringBench {
  readonly description: ModelDescription;
  readonly labels: readonly string[];
  readonly examples: number;
  private readonly model: AdaptedModel;
  private readonly dataset: OpenPictures;
  private readonly batcher: ImageBatcher;
  private readonly indices: Int32Array;

  private constructor(base: BaseModel, dataset: OpenPictures, batcher: ImageBatcher, indices: Int32Array) {
    this.description = base.description;
    this.labels = dataset.description.labels;
    this.examples = indices.length;
    this.model = new AdaptedModel(base);
    this.dataset = dataset;
    this.batcher = batcher;
    this.indices = indices;
  }

  /** The caller closes the bench, and disposes the base after that. `samples` 0 takes the whole test split. */
  static async open(
    base: BaseModel,
    modelDirectory: string,
    source: DatasetSource,
    samples: number,
  ): Promise<ScoringBench> {
    const dataset = await openPictures(source);
    try {
      const split = dataset.split('test');
      const preprocessor = await createImagePreprocessor(modelDirectory, base.description, dataset.description);
      const indices = evaluationIndices(split.count, samples);
      return new ScoringBench(base, dataset, new ImageBatcher(split, preprocessor), indices);
    } catch (error) {
      dataset.close();
      throw error;
    }
  }

  /**
   * Outputs of the base with `state` on it (null: the plain base) for every example.
   * @throws StudioError cancelled when the task is told to end, between batches.
   */
  async logits(
    state: AdapterState | null,
    progress: PassProgress,
    context: TaskContext,
  ): Promise<ClassificationLogits> {
    if (state === null) this.model.clear();
    else this.model.loadState(state);
    const outputs = await classificationLogits(this.model, this.batcher, this.indices, {
      batchSize,
      labelCount: this.labels.length,
      labels: this.labels,
      onProgress: (done) => progress.within(done),
      cancelled: async () => (await context.signal()) !== null,
    });
    progress.passDone();
    return outputs;
  }

  async score(state: AdapterState | null, progress: PassProgress, context: TaskContext): Promise<Score> {
    const { logits, labels, classCount } = await this.logits(state, progress, context);
    const { accuracy, loss } = scoreLogits(logits, labels, classCount);
    return { accuracy, loss };
  }

  /**
   * Whether the head that would answer (the adapter's, else the base's) was made for this data set's labels. A saved head
   * that does not say its labels is taken at its number of rows.
   */
  fits(state: AdapterState | null): boolean {
    const head = labelHead(this.description);
    const saved = head && state?.saved.get(`${head.name}.weight`);
    if (saved && state?.labels === null) return saved.shape[0] === this.labels.length;
    const own = saved && state?.labels ? state.labels : this.description.labels;
    return own.length === this.labels.length && own.every((label, index) => label === this.labels[index]);
  }

  /** @throws StudioError refused, naming the adapter, where `fits` is false. */
  requireFit(state: AdapterState, name: string): void {
    if (this.fits(state)) return;
    throw new StudioError(
      'refused',
      `${name} was not trained for the labels of this data set (${this.labels.length}: ${this.labels.slice(0, 3).join(', ')} …).`,
      'Study the adapter on the data set that it was trained for.',
    );
  }

  close(): void {
    this.model.dispose();
    this.dataset.close();
  }
}
