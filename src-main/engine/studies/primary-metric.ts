import { defaultMetric } from '../../../src-shared/metrics/index.ts';
import type { StudyKind } from '../../../src-shared/studies/define-study.ts';
import type { StudyAdapters } from './define-study-work.ts';

interface Judged {
  readonly metric: string | null;
}

/** The metric that a study judges by; studies of earlier versions name none, and are of accuracy. */
export function primaryMetric({ metric }: Judged): string {
  return metric ?? defaultMetric.id;
}

/** The config with the metric that the task of its adapters is known by, unless it names one. */
export async function withMetric<Config extends Judged & { readonly dataset: string }>(
  { references }: Pick<StudyKind, 'references'>,
  config: Config,
  facts: StudyAdapters,
): Promise<Config> {
  return { ...config, metric: config.metric ?? (await facts.resolvePrimaryMetric(references(config), config.dataset)) };
}
