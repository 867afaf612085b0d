import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { DatasetSource } from '../../../src-shared/domain/data/dataset.ts';
import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import type { TaskSettings } from '../../../src-shared/domain/runs/task.ts';
import { AdaptedModel } from '../adapters/model/adapted-model.ts';
import { type EnsembleMember, EnsembleModel } from '../adapters/model/ensemble-model.ts';
import type { AdapterState } from '../adapters/variant/state.ts';
import type { EvaluationSplit } from '../data/held-out.ts';
import { evaluationIndices } from '../data/subset.ts';
import type { TaskContext } from '../events.ts';
import type { BaseModel } from '../models/base-model.ts';
import type { TaskOutputs } from '../outcomes/index.ts';
import { openTask, type TaskOnData } from '../tasks/open-task.ts';
import type { EvaluationOptions } from '../tasks/shared/head-outputs.ts';
import type { EvaluationProgress } from './evaluation-progress.ts';
import { type FittedAdapter, headInUse } from './head-labels.ts';
import { MaskedModel } from './masks/masked-model.ts';
import { classTextProgress } from './phase-progress.ts';

const batchSize = 100;
/** Bytes of an adapter's states that are kept for prunings of it. */
const keptBytes = 256 * 2 ** 20;

interface BenchRequest {
  readonly modelDirectory: string;
  readonly source: DatasetSource;
  readonly settings: TaskSettings;
  /** Number of examples; 0: all. */
  readonly samples: number;
  /** Default: the test split. */
  readonly split?: EvaluationSplit;
}

/** Examples on which the adapters of one base are scored: of a dataset, or the questions of a task. */
export interface ExampleEvaluator {
  readonly examples: number;
  /** True if repeated calls of `outputsOf` run the same passes, whose states a model may keep. */
  readonly repeatsPasses: boolean;
  /** @throws StudioError refused, naming the adapter, if its head is for other labels */
  requireFit(state: AdapterState, name: string): void;
  /**
   * Outputs of the base with `state` on it (null: the plain base) for every example.
   * @throws StudioError cancelled when the task is signalled, between batches
   */
  outputs(state: AdapterState | null, progress: EvaluationProgress, context: TaskContext): Promise<TaskOutputs>;
  /**
   * Outputs of an ensemble that averages next-token probabilities, in one pass of all members; absent: the outputs of the
   * members are averaged. @throws StudioError as `outputs`; invalid_input where weights are negative or all zero
   */
  readonly ensembleOutputs?:
    | ((members: readonly EnsembleMember[], progress: EvaluationProgress, context: TaskContext) => Promise<TaskOutputs>)
    | undefined;
  /** Outputs of a model on this base, as it is, for some of the examples. @throws StudioError cancelled */
  outputsOf(model: AdaptedModel, indices: Int32Array, context: TaskContext): Promise<TaskOutputs>;
  close(): void;
}

/**
 * One base and one dataset's test examples, on which many adapters are scored one after the other. The base's weights
 * are loaded once, examples are read once.
 */
export class AdapterEvaluator implements ExampleEvaluator {
  readonly description: ModelDescription;
  readonly examples: number;
  readonly repeatsPasses = true;
  readonly ensembleOutputs: ExampleEvaluator['ensembleOutputs'];
  private readonly plain: AdaptedModel;
  private adapted: { readonly whole: AdapterState; readonly model: MaskedModel } | null = null;
  readonly task: TaskOnData;
  private readonly indices: Int32Array;

  private constructor(base: BaseModel, task: TaskOnData, indices: Int32Array) {
    this.description = base.description;
    this.examples = indices.length;
    this.plain = new AdaptedModel(base);
    this.task = task;
    this.indices = indices;
    const { ensembleOutputs } = task;
    if (ensembleOutputs !== undefined)
      this.ensembleOutputs = async (members, progress, context) => {
        // The members are on the device at once.
        this.releaseAdapter();
        const model = new EnsembleModel(base, members);
        try {
          const outputs = await ensembleOutputs(model, indices, optionsOf(progress, context));
          progress.passDone();
          return outputs;
        } finally {
          model.dispose();
        }
      };
  }

  /** The caller closes the evaluator, then disposes the base. */
  static async open(base: BaseModel, request: BenchRequest, context: TaskContext): Promise<AdapterEvaluator> {
    const task = await openTask({ ...request, model: base.description, base, training: false }, context);
    return new AdapterEvaluator(base, task, evaluationIndices(task.testCount, request.samples));
  }

  /**
   * Outputs of the base with `state` on it (null: the plain base) for every example.
   * @throws StudioError cancelled when the task is signalled, between batches
   */
  async outputs(state: AdapterState | null, progress: EvaluationProgress, context: TaskContext): Promise<TaskOutputs> {
    return this.outputsWith(this.modelWith(state), progress, context);
  }

  /** Outputs of a model on this base, as it is, for every example. @throws StudioError cancelled */
  async outputsWith(model: AdaptedModel, progress: EvaluationProgress, context: TaskContext): Promise<TaskOutputs> {
    const outputs = await this.task.outputs(model, this.indices, optionsOf(progress, context));
    progress.passDone();
    return outputs;
  }

  /**
   * Outputs of a model on this base, as it is, for some of the test examples, which are one batch where the task allows.
   * Repeated calls run the same passes. @throws StudioError cancelled
   */
  outputsOf(model: AdaptedModel, indices: Int32Array, context: TaskContext): Promise<TaskOutputs> {
    return this.task.outputs(model, indices, {
      batchSize,
      cancelled: async () => (await context.signal()) !== null,
    });
  }

  /**
   * Returns true if the head in use (the adapter's, else the base's) fits this dataset's labels. A saved head without
   * labels is judged by its number of rows. A task without a classification head fits all.
   */
  fits(state: FittedAdapter | null): boolean {
    const { labels } = this.task;
    if (labels === null) return true;
    const { labels: own, rows } = headInUse(this.description, state);
    if (own === null) return rows === labels.length;
    return own.length === labels.length && own.every((label, index) => label === labels[index]);
  }

  /** @throws StudioError refused, naming the adapter, if `fits` is false */
  requireFit(state: AdapterState, name: string): void {
    if (this.fits(state)) return;
    throw new StudioError(
      'refused',
      `${name} was not trained for the labels of this dataset (${this.task.classNames.length}: ${this.task.classNames.slice(0, 3).join(', ')} …).`,
      'Score the adapter on the dataset that it was trained on.',
    );
  }

  /** Adapters with only some modules of the one before share its layers up to where they differ. */
  private modelWith(state: AdapterState | null): AdaptedModel {
    if (state === null) return this.plain;
    if (this.adapted === null || !isPartOf(state, this.adapted.whole)) {
      this.releaseAdapter();
      this.adapted = { whole: state, model: new MaskedModel(this.plain.base, state, keptBytes) };
    }
    const { model } = this.adapted;
    model.show(new Set(state.modules.keys()));
    return model;
  }

  /** Frees the adapter of the last call of `outputs`. */
  releaseAdapter(): void {
    this.adapted?.model.dispose();
    this.adapted = null;
  }

  close(): void {
    this.releaseAdapter();
    this.plain.dispose();
    this.task.close();
  }
}

function optionsOf(progress: EvaluationProgress, context: TaskContext): EvaluationOptions {
  return {
    batchSize,
    onTexts: classTextProgress(context),
    onProgress: (done) => progress.within(done),
    cancelled: async () => (await context.signal()) !== null,
  };
}

/** Returns true if an adapter is another one without some of its modules: they share identical tensors. */
function isPartOf(part: AdapterState, whole: AdapterState): boolean {
  const isSame = <Value>(own: ReadonlyMap<string, Value>, other: ReadonlyMap<string, Value>) =>
    own.size === other.size && [...own].every(([name, value]) => other.get(name) === value);
  return (
    part.variant === whole.variant &&
    JSON.stringify(part.parameters) === JSON.stringify(whole.parameters) &&
    isSame(part.saved, whole.saved) &&
    isSame(part.biases, whole.biases) &&
    isSame(part.shared, whole.shared) &&
    [...part.modules].every(([name, module]) => whole.modules.get(name) === module)
  );
}
