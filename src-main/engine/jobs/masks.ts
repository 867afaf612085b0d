import { StudioError } from '../../../src-shared/contract/errors.ts';
import { chosenMasks } from '../../../src-shared/statistics/mask-choice.ts';
import { activateCompute } from '../compute/index.ts';
import type { EngineResultOf, MasksTask } from '../contract.ts';
import type { ExampleEvaluator } from '../evaluation/adapter-evaluator.ts';
import { EvaluationProgress } from '../evaluation/evaluation-progress.ts';
import { maskGroups } from '../evaluation/masks/mask-groups.ts';
import { MaskTableRun } from '../evaluation/masks/mask-table-run.ts';
import { MaskedModel } from '../evaluation/masks/masked-model.ts';
import type { SubjectScorer } from '../evaluation/score-subjects.ts';
import type { TaskContext } from '../events.ts';
import type { BaseModel } from '../models/base-model.ts';
import { loadBaseModel } from '../models/load-model.ts';
import { defineEngineJob } from './define-job.ts';
import { loadingProgress } from './loading-progress.ts';
import { openEvaluator, openScorer } from './score.ts';

/**
 * Evaluates the masks of each table that are not known yet, and reports outlines and scores as they come. Throws
 * StudioError cancelled on a signal, between masks.
 */
export async function runMasksTask(task: MasksTask, context: TaskContext): Promise<EngineResultOf<'masks'>> {
  await activateCompute(task.compute, task.threads);
  const base = await loadBaseModel(task.modelDirectory, loadingProgress(context));
  const evaluators = new Map<number, ExampleEvaluator>();
  try {
    for (const { dataset } of task.tables)
      if (!evaluators.has(dataset)) evaluators.set(dataset, await openEvaluator(base, task, dataset, context));
    const progress = new EvaluationProgress(context, []);
    const scorer = openScorer(task, { base, evaluators, progress }, context);
    let count = 0;
    for (const table of task.tables) {
      const evaluator = evaluators.get(table.dataset);
      if (evaluator === undefined) throw new StudioError('internal', `The job has no dataset ${table.dataset}.`);
      count += await fillTable(table, { base, evaluator, scorer }, context);
    }
    return { kind: 'masks', evaluated: count };
  } finally {
    for (const evaluator of evaluators.values()) evaluator.close();
    base.dispose();
  }
}

/** Returns the number of masks. */
async function fillTable(
  { key, title, unit, masks: choice, known, ...subject }: MasksTask['tables'][number],
  { base, evaluator, scorer }: { base: BaseModel; evaluator: ExampleEvaluator; scorer: SubjectScorer },
  context: TaskContext,
): Promise<number> {
  const state = await scorer.adapterOf(subject);
  const groups = maskGroups(state, base.description, unit);
  const masks = chosenMasks(choice, groups.length);
  const model = new MaskedModel(base, state, evaluator.repeatsPasses ? undefined : 0);
  try {
    const run = await MaskTableRun.open(model, {
      groups,
      examples: evaluator.examples,
      outputs: (indices) => evaluator.outputsOf(model, indices, context),
    });
    const isSame = JSON.stringify(known?.outline) === JSON.stringify(run.outline);
    if (!isSame) context.emit({ kind: 'mask-outline', key, outline: run.outline });
    const there = new Set(isSame ? known?.scores.map(({ mask, block }) => `${mask}/${block}`) : []);
    const missing = run.missing(masks, (mask, block) => there.has(`${mask}/${block}`));
    const progress = new EvaluationProgress(context, [missing.reduce((sum, { length }) => sum + length, 0)], 'masks');
    progress.announce(title);
    let done = 0;
    await run.evaluate(missing, {
      scored: (scores) => context.emit({ kind: 'mask-scores', key, scores: [...scores] }),
      async evaluated() {
        progress.within(++done);
        if ((await context.signal()) !== null) throw new StudioError('cancelled', 'The evaluation was cancelled.');
      },
    });
    return masks.length;
  } finally {
    model.dispose();
  }
}

export const masksJob = defineEngineJob('masks', runMasksTask);
