// Every task of the engine, one line each; src-shared/tasks/index.ts declares their order.

export { causalLanguageModelingTask } from './causal-lm/index.ts';
export { embeddingTask } from './embedding/index.ts';
export { imageClassificationTask } from './image-classification/index.ts';
export { multipleChoiceTask } from './multiple-choice/index.ts';
export { preferenceTask } from './preference/index.ts';
export { questionAnsweringTask } from './qa/index.ts';
export { rewardTask } from './reward/index.ts';
export { textToTextTask } from './seq2seq/index.ts';
export { textClassificationTask } from './text-classification/index.ts';
export { tokenClassificationTask } from './token-classification/index.ts';
