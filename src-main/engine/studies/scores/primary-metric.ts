import type { ScoredTask } from '../../../../src-shared/domain/studies/plan.ts';
import { defaultMetric } from '../../../../src-shared/metrics/index.ts';
import type { StudyKind } from '../../../../src-shared/studies/define-study.ts';
import type { StudyAdapters } from '../define-study-work.ts';

interface Judged {
  readonly metric: string | null;
}

/** The metric that a study judges by; studies of earlier versions name none, and are of accuracy. */
export function primaryMetric({ metric }: Judged): string {
  return metric ?? defaultMetric.id;
}

/**
 * The config with the metric that the task of its adapters is known by, unless it names one. Answers to the questions of a
 * task are right or wrong.
 */
export async function withMetric<
  Config extends Judged & { readonly dataset: string; readonly score?: ScoredTask | undefined },
>({ references }: Pick<StudyKind, 'references'>, config: Config, facts: StudyAdapters): Promise<Config> {
  if (config.score !== undefined) return { ...config, metric: primaryMetric(config) };
  return { ...config, metric: config.metric ?? (await facts.resolvePrimaryMetric(references(config), config.dataset)) };
}
