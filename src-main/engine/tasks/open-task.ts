import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { DatasetSource } from '../../../src-shared/domain/data/dataset.ts';
import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import type { TaskSettings } from '../../../src-shared/domain/runs/task.ts';
import type { AdaptedModel } from '../adapters/model/adapted-model.ts';
import type { EnsembleModel } from '../adapters/model/ensemble-model.ts';
import { type EvaluationSplit, withoutHeldOut } from '../data/held-out.ts';
import { openDataset } from '../data/open-dataset.ts';
import type { TaskContext } from '../events.ts';
import { hasScoreHead } from '../generation/require-language-head.ts';
import type { BaseModel } from '../models/base-model.ts';
import { refuseOtherKind, resolveTask } from './index.ts';
import type { EvaluationOptions } from './shared/head-outputs.ts';
import type { OpenTask, TaskType } from './task-type.ts';

export interface TaskRequest {
  readonly modelDirectory: string;
  readonly model: ModelDescription;
  readonly source: DatasetSource;
  readonly settings: TaskSettings;
  /** Loaded, for tasks that compare with it. */
  readonly base?: BaseModel;
  readonly training: boolean;
  /** Evaluation split of a run with held-out examples. Default: the test split. */
  readonly split?: EvaluationSplit;
}

/** A task with its dataset, which `close` closes. */
export interface TaskOnData extends OpenTask {
  readonly type: TaskType;
  close(): void;
}

/**
 * Opens a dataset for a task and logs notes on the data.
 * @throws StudioError if the data do not fit the task, or cancelled.
 */
export async function openTask(request: TaskRequest, context: TaskContext): Promise<TaskOnData> {
  const { modelDirectory, model, source, settings, training } = request;
  const whole = await openDataset(source);
  try {
    const dataset = request.split === undefined ? whole : await withoutHeldOut(whole, request.split);
    const columns = dataset.kind === 'texts' ? dataset.columns : null;
    const type = resolveTask({ task: settings.task, model, columns });
    // A dataset may have changed on disk since it was added.
    refuseOtherKind(type, model, dataset.kind);
    const opened = await type.open({
      modelDirectory,
      model,
      dataset,
      settings,
      base: request.base ?? null,
      training,
      onRead: async (done) => {
        if ((await context.signal()) === 'cancel')
          throw new StudioError('cancelled', 'Reading the data was cancelled.');
        const counts = { done, total: 0, unit: 'examples', perSecond: null, etaSeconds: null };
        context.emit({ kind: 'progress', progress: { phase: 'Tokenizing', ...counts } });
      },
    });
    for (const text of opened.notes) context.emit({ kind: 'log', level: 'warning', text });
    const outputs: OpenTask['outputs'] = async (adapted, indices, options) => {
      if (opened.labels === null) refuseScored(adapted, type);
      return opened.outputs(adapted, indices, options);
    };
    const { ensembleOutputs } = opened;
    const ensemble = ensembleOutputs && {
      ensembleOutputs: async (model: EnsembleModel, indices: Int32Array, options: EvaluationOptions) => {
        for (const member of model.members) refuseScored(member, type);
        return ensembleOutputs(model, indices, options);
      },
    };
    return { ...opened, outputs, ...ensemble, type, close: () => whole.close() };
  } catch (thrown) {
    whole.close();
    throw thrown;
  }
}

/** @throws StudioError refused for an adapter with the score head of a language model, where the task needs likelihoods */
function refuseScored(model: AdaptedModel, { declaration }: TaskType): void {
  if (!hasScoreHead(model)) return;
  throw new StudioError(
    'refused',
    `The adapter gives texts a score, which the task ${declaration.label} does not use.`,
    'Set task to reward.',
  );
}
