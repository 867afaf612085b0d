/** Files and scores of benchmarks in the form of lm-eval. */
export { taskGroupSchema } from '../benchmarks/group-file.ts';
export { groupScores } from '../benchmarks/group-scores.ts';
export { preparedTaskSchema } from '../benchmarks/prepared-task.ts';
