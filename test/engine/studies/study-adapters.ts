import type { StudyAdapters } from '../../../src-main/engine/studies/define-study-work.ts';

/** Facts about adapters that may all be merged and pruned. */
export const studyAdapters: StudyAdapters = {
  refusalOf: async () => null,
  refusalOfRun: async () => null,
  pruneRefusalOfRun: async () => null,
  headRefusalOfRun: async () => null,
  strengthProblemOfRun: async () => null,
  budgetOfRun: async ({ max_steps }) => ({ steps: max_steps, updateShare: 1, layerPasses: 2 }),
  heldOutOf: async () => null,
  savedIntervalsOf: async () => [],
  measuresForgetting: () => true,
  contentOf: async (adapter) => JSON.stringify(adapter),
  nameOf: () => '',
  resolvePrimaryMetric: async () => 'accuracy',
  hasAccuracy: async () => true,
};
