import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { DatasetSource } from '../../../src-shared/domain/dataset.ts';
import type { ModelDescription } from '../../../src-shared/domain/model.ts';
import type { TaskSettings } from '../../../src-shared/domain/task.ts';
import type { TaskContext } from '../contract.ts';
import { openDataset } from '../data/open-dataset.ts';
import { resolveTask } from './index.ts';
import type { OpenTask, TaskType } from './task-type.ts';

export interface TaskRequest {
  readonly modelDirectory: string;
  readonly model: ModelDescription;
  readonly source: DatasetSource;
  readonly settings: TaskSettings;
  readonly training: boolean;
}

/** A task with its data set, which `close` closes. */
export interface TaskOnData extends OpenTask {
  readonly type: TaskType;
  close(): void;
}

/**
 * Opens a data set for a task. What is to be said of the data is logged.
 * @throws StudioError where the data are not what the task needs, or cancelled.
 */
export async function openTask(request: TaskRequest, context: TaskContext): Promise<TaskOnData> {
  const { modelDirectory, model, source, settings, training } = request;
  const dataset = await openDataset(source);
  try {
    const isTexts = dataset.kind === 'texts';
    const type = resolveTask({ task: settings.task, model, columns: isTexts ? dataset.columns : null });
    refuseOtherKind(type, model, isTexts);
    const opened = await type.open({
      modelDirectory,
      model,
      dataset,
      settings,
      training,
      onRead: async (done) => {
        if ((await context.signal()) === 'cancel')
          throw new StudioError('cancelled', 'Reading the data was cancelled.');
        const counts = { done, total: 0, unit: 'examples', perSecond: null, etaSeconds: null };
        context.emit({ kind: 'progress', progress: { phase: 'Tokenising', ...counts } });
      },
    });
    for (const text of opened.notes) context.emit({ kind: 'log', level: 'warning', text });
    return { ...opened, type, close: () => dataset.close() };
  } catch (thrown) {
    dataset.close();
    throw thrown;
  }
}

/** A data set can have changed on the disk since it was added. */
function refuseOtherKind({ declaration }: TaskType, model: ModelDescription, isTexts: boolean): void {
  const wantsTexts = declaration.id !== 'image-classification';
  if (wantsTexts === isTexts && (wantsTexts ? model.text !== null : model.image !== null)) return;
  throw new StudioError(
    'refused',
    `${declaration.label} needs ${wantsTexts ? 'a model that reads text, and texts' : 'a model that sees pictures, and pictures'}; the data set holds ${isTexts ? 'texts' : 'pictures'}, and the model is for ${model.kind}.`,
    'Choose a data set and a model that go together.',
  );
}
