import { computeFailure } from '../compute/index.ts';
import type { EngineResult, EngineTask, TaskContext } from '../contract.ts';
import { WarmBase } from '../generation/warm-base.ts';
import { toStudioError } from '../to-studio-error.ts';
import { runEvaluateTask } from './evaluate.ts';
import { runExportMergedTask } from './export-merged.ts';
import { runExportPythonTask } from './export-python.ts';
import { runGenerateTask } from './generate.ts';
import { runLogitsTask } from './logits.ts';
import { runMergeTask } from './merge.ts';
import { runPretrainTask } from './pretrain.ts';
import { runPruneTask } from './prune.ts';
import { runStudyTask } from './study.ts';
import { runTrainTask } from './train.ts';

/** One task runs at a time. */
const warm = new WarmBase();

/** Runs `task` to its end. Whatever goes wrong arrives as a StudioError that says what a person can do. */
export async function runTask(task: EngineTask, context: TaskContext): Promise<EngineResult> {
  // Every other task needs the memory.
  if (task.kind !== 'generate') warm.release();
  try {
    return await dispatch(task, context);
  } catch (thrown) {
    // Whatever a lost device makes fail, fails because it was lost.
    throw computeFailure() ?? toStudioError(thrown);
  }
}

function dispatch(task: EngineTask, context: TaskContext): Promise<EngineResult> {
  switch (task.kind) {
    case 'train':
      return runTrainTask(task, context);
    case 'evaluate':
      return runEvaluateTask(task, context);
    case 'merge':
      return runMergeTask(task, context);
    case 'prune':
      return runPruneTask(task, context);
    case 'study':
      return runStudyTask(task, context);
    case 'logits':
      return runLogitsTask(task, context);
    case 'generate':
      return runGenerateTask(task, context, warm);
    case 'pretrain':
      return runPretrainTask(task, context);
    case 'export-merged':
      return runExportMergedTask(task, context);
    case 'export-python':
      return runExportPythonTask(task, context);
  }
}
