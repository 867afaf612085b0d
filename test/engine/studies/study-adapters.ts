import type { StudyFacts } from '../../../src-main/engine/studies/define-study-work.ts';

/** Facts about adapters that may all be merged and pruned. */
export const studyFacts: StudyFacts = {
  refusalOf: async () => null,
  refusalOfRun: async () => null,
  pruneRefusalOfRun: async () => null,
  contentOf: async (adapter) => JSON.stringify(adapter),
  nameOf: () => '',
  metricKnownBy: async () => 'accuracy',
  hasAccuracy: async () => true,
};
