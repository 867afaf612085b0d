/** Tasks: suitability, examples, token counts, labels of heads and masks. */
export { type HeadInUse, headInUse, requireClassHead, suitsLabels } from '../evaluation/head-labels.ts';
export { maskGroups } from '../evaluation/masks/mask-groups.ts';
export { checkAugmentation, checkGrouping, checkSampleCounts } from '../tasks/chosen-examples.ts';
export { classTextSize } from '../tasks/image-classification/class-text-size.ts';
export { exampleCounts, requireTask, resolveTask } from '../tasks/index.ts';
export { resolvePrimaryMetric } from '../tasks/known-by.ts';
export { PromptWriter, refuseEmptyTemplate } from '../tasks/shared/prompt-writer.ts';
export { isLearned } from '../tasks/shared/token-rows.ts';
export type { ReadTokens } from '../tasks/task-type.ts';
