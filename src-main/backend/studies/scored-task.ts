import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ModelRecord } from '../../../src-shared/domain/models/model.ts';
import type { ScoredTask } from '../../../src-shared/domain/studies/plan.ts';
import { accuracy } from '../../../src-shared/metrics/accuracy.ts';
import { loss } from '../../../src-shared/metrics/loss.ts';
import type { ScoredQuestions } from '../../engine/api/benchmarks.ts';
import { canonicalJson } from '../library/content-keys.ts';
import { anyPath } from '../services/path-access.ts';
import type { Services } from '../services/services.ts';

type TaskServices = Pick<Services, 'reader' | 'paths' | 'resourcesDirectory'>;

/** Questions of a task, and the hash of everything that decides their scores. */
export interface ReadQuestions {
  readonly questions: ScoredQuestions;
  readonly sha256: string;
}

/**
 * Reads the task that a study scores, in the process for untrusted files.
 * @param samples number of questions, from the first; 0: all
 * @throws StudioError naming the file if it is no task, or its answers cannot be extracted
 */
export async function readScoredTask(
  services: TaskServices,
  { task, metric, filter, num_fewshot, apply_chat_template }: ScoredTask,
  { samples, model }: { readonly samples: number; readonly model: Pick<ModelRecord, 'path'> },
): Promise<ReadQuestions> {
  const questions = await services.reader.read('scoredTask', {
    path: bundledTask(services, task) ?? task,
    // Task files from strangers need the user's permission.
    isConfined: services.paths !== anyPath,
    limit: samples,
    shots: num_fewshot ?? null,
    prompt: { system: null, isMultiturn: true, templateOf: apply_chat_template === true ? model.path : null },
    metric: metric ?? null,
    filter: filter ?? null,
  });
  const { outputType, metrics, filters, generation, questions: asked } = questions.task;
  const content = { outputType, metrics, filters, generation, asked, delimiter: questions.delimiter };
  return { questions, sha256: createHash('sha256').update(canonicalJson(content)).digest('hex') };
}

/** @throws StudioError refused for a file that the client may not name, or not_found listing the bundled tasks */
export function requireReadable(services: TaskServices, { task }: ScoredTask): void {
  if (bundledTask(services, task) !== null) return;
  if (!isName(task)) {
    services.paths.readable(task);
    return;
  }
  throw new StudioError(
    'not_found',
    `There is no bundled task "${task}".`,
    `Name the YAML file of a task, or one of ${bundledTasks(services).join(', ')}.`,
  ).at('score.task');
}

/** @throws StudioError refused for a metric that right and wrong answers do not have */
export function requireQuestionMetric(metric: string | null): void {
  if (metric === null || metric === accuracy.id || metric === loss.id) return;
  throw new StudioError(
    'refused',
    `metric: answers to the questions of a task have no metric "${metric}".`,
    `Choose ${accuracy.id}, the share of right answers by score.metric, or ${loss.id}, that of the reference answers.`,
  ).at('metric');
}

/** The file of a bundled task by its name; null for a path. */
function bundledTask({ resourcesDirectory }: Pick<Services, 'resourcesDirectory'>, task: string): string | null {
  const file = join(resourcesDirectory, 'benchmarks', task, 'task.yaml');
  return isName(task) && existsSync(file) ? file : null;
}

function bundledTasks({ resourcesDirectory }: Pick<Services, 'resourcesDirectory'>): string[] {
  const folder = join(resourcesDirectory, 'benchmarks');
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

/** Returns true for a word that is no path. */
function isName(task: string): boolean {
  return /^[\w-]+$/.test(task);
}
