import { amidWords } from '../format/amid-words.ts';
import { isLowerBetter, metricIds, metricLabel, scoreText } from '../metrics/index.ts';

/** Scores of one evaluation. */
export interface Scores {
  readonly accuracy: number | null;
  readonly metrics: Readonly<Record<string, number>>;
}

/** One score with its name and unit, e.g. "perplexity", "4.42", or "accuracy", "93.2 %". */
export interface NamedScore {
  readonly id: string;
  readonly label: string;
  /** With the unit. */
  readonly text: string;
  /** Sorts from bad to good among scores of one metric. */
  readonly rank: number;
}

/**
 * Every score of an evaluation, first the one that it is known by: the accuracy; of tagged words the F1 of entities; of answers
 * their F1 (the accuracy is that of exact matches, and not said twice); of texts looked up their NDCG;
 * of numbers Spearman's correlation, which the best checkpoint of pairs with scores is chosen by too (sentence-transformers' primary
 * metric); of a language model, whose accuracy is
 * that of single tokens, the exact matches where they were counted, else the perplexity.
 */
export function namedScores({ accuracy, metrics }: Scores): NamedScore[] {
  const isLanguageModel = metrics['perplexity'] !== undefined;
  const isTagger = metrics['entity_f1'] !== undefined;
  const label = isLanguageModel ? 'Token accuracy' : isTagger ? 'Word accuracy' : 'Accuracy';
  const own = accuracy === null ? [] : [scoreOf('accuracy', label, accuracy)];
  const further = metricIds.flatMap((id) => {
    const value = metrics[id];
    return value === undefined ? [] : [scoreOf(id, metricLabel(id), value)];
  });
  if (metrics['answer_f1'] !== undefined) return further;
  if (isTagger || metrics['ndcg_at_10'] !== undefined) return [...further, ...own];
  if (!isLanguageModel) return [...own, ...further];
  const [exact, others] = [further.filter(isExactMatch), further.filter((score) => !isExactMatch(score))];
  return [...exact, ...others, ...own];
}

/** The score that an evaluation is known by; null where it has none but a loss. */
export function headlineOf(scores: Scores | null | undefined): NamedScore | null {
  return scores ? (namedScores(scores)[0] ?? null) : null;
}

/** "93.2 %" where the accuracy is meant, else with its name: "perplexity 4.42"; "" without a score. */
export function headlineText(scores: Scores | null | undefined): string {
  const score = headlineOf(scores);
  if (score === null) return '';
  return score.id === 'accuracy' ? score.text : `${amidWords(score.label)} ${score.text}`;
}

function isExactMatch({ id }: NamedScore): boolean {
  return id === 'exact_match';
}

function scoreOf(id: string, label: string, value: number): NamedScore {
  return {
    id,
    label,
    text: scoreText(id, value),
    rank: isLowerBetter(id) ? -value : value,
  };
}
