import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { DatasetDescription } from '../../../src-shared/domain/data/dataset.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import type { ScoredTask } from '../../../src-shared/domain/studies/plan.ts';
import type { StudyDesign } from '../../engine/api/studies.ts';
import { requireTask } from '../../engine/api/tasks.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { peekDataset } from '../library/datasets/datasets.ts';
import { peekModel } from '../library/models/models.ts';
import { requireQuestionMetric } from './scored-task.ts';

/**
 * Checks what only a design tells: that its metrics are those of the task, and that something is held out to judge by.
 * @param scoreOf the task whose questions are scored in place of the test examples of a dataset; null: none
 * @throws StudioError invalid_input or refused, with the way out
 */
export async function checkDesign(
  services: HandlerServices,
  { runs, metrics, seeds }: StudyDesign,
  scoreOf: (dataset: string) => ScoredTask | null,
): Promise<void> {
  const checked = new Set<string>();
  for (const run of runs) {
    const key = JSON.stringify([run.model, run.dataset, run.task]);
    if (checked.has(key)) continue;
    checked.add(key);
    const score = scoreOf(run.dataset);
    if (score !== null) for (const metric of metrics) requireQuestionMetric(metric);
    const model = await peekModel(services, run.model);
    const dataset = await peekDataset(services, run.dataset);
    const known = requireTask(run.task, model.description, dataset).metrics(dataset, run);
    const unknown = metrics.find((metric) => !known.includes(metric));
    if (unknown !== undefined)
      throw new StudioError(
        'invalid_input',
        `metric: the task has no metric "${unknown}".`,
        `Choose one of ${known.join(', ')}.`,
      ).at('metric');
    if (score === null && seeds > 0 && testExamples(dataset, run) === 0)
      throw new StudioError(
        'refused',
        `The dataset ${services.store.datasets.find(run.dataset)?.name ?? run.dataset} has no test examples: nothing is held out to judge by.`,
        'Choose a dataset with a test split, or hold rows out by its options: test_fraction=0.2 (Edit import… in the window).',
      ).at('dataset');
  }
}

/** Examples that a run's scores are over. */
export function testExamples(
  { splits }: DatasetDescription,
  { eval_samples, eval_split, validation_samples }: RunConfig,
): number {
  const held = splits.find(({ name }) => name === 'test')?.exampleCount ?? 0;
  const count = eval_split === 'validation' ? validation_samples : held;
  return eval_samples === 0 ? count : Math.min(count, eval_samples);
}
