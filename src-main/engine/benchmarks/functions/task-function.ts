import type { Aggregation } from '../metrics/aggregations.ts';
import type { Likelihood } from '../metrics/choice-metrics.ts';
import type { TaskDocument } from '../task-document.ts';

/** Python functions of lm-eval's own tasks, written again: `!function` names one of them, and no Python is run. */
export interface TaskFunctions {
  readonly id: string;
  /** Names of the tasks that use the functions, if no Python file is beside the task to tell. */
  readonly tasks: RegExp;
  /** By lm-eval's reference, e.g. "utils.doc_to_text". */
  readonly functions: Readonly<Record<string, TaskFunction>>;
}

interface PythonSource {
  /** Hashes of the function's source with all that it uses (`pythonHash`), one for each text that lm-eval has had. */
  readonly hashes: readonly string[];
  /** Names in the Python file that the hashes cover. */
  readonly uses: readonly string[];
}

/** Values of one question by the names of metrics. */
export type Scores = Readonly<Record<string, number>>;

/**
 * The result of a function: a field of a row, the rows of a split, the text whose words and bytes a perplexity counts, the scores of
 * an answer, or an aggregation of all scores.
 */
export type TaskFunction = PythonSource &
  (
    | { readonly gives: 'field'; field(row: TaskDocument): unknown }
    | { readonly gives: 'documents'; documents(rows: readonly TaskDocument[]): TaskDocument[] }
    | { readonly gives: 'counted-text'; countedText(row: TaskDocument): string }
    | AnswerScorer
    | { readonly gives: 'aggregation'; readonly aggregation: Aggregation }
  );

/** Names of metrics; true if a higher value is better. */
type ScoredMetrics = Readonly<Record<string, boolean>>;

/** lm-eval's process_results, which scores the answer to a row by itself. */
export type AnswerScorer = { readonly metrics: ScoredMetrics } & (
  | { readonly gives: 'likelihood-scores'; scores(row: TaskDocument, likelihoods: readonly Likelihood[]): Scores }
  | { readonly gives: 'text-scores'; scores(row: TaskDocument, text: string): Scores }
);
