/** Files and scores of benchmarks in the form of lm-eval. */

export { requireRoom } from '../benchmarks/generations.ts';
export { taskGroupSchema } from '../benchmarks/group-file.ts';
export { groupScores } from '../benchmarks/group-scores.ts';
export { preparedTaskSchema } from '../benchmarks/prepared-task.ts';
export { type ScoredQuestions, scoredQuestionsSchema } from '../benchmarks/scored-questions.ts';
