/** Labels of the metrics other than accuracy, in display order. */
const labels: readonly (readonly [string, string])[] = [
  ['answer_f1', 'Answer F1'],
  ['entity_f1', 'Entity F1'],
  ['entity_precision', 'Entity precision'],
  ['entity_recall', 'Entity recall'],
  ['f1_macro', 'F1 (macro)'],
  ['f1_binary', 'F1'],
  ['matthews', 'Matthews'],
  ['ndcg_at_10', 'NDCG@10'],
  ['mrr_at_10', 'MRR@10'],
  ['recall_at_1', 'Recall@1'],
  ['recall_at_5', 'Recall@5'],
  ['recall_at_10', 'Recall@10'],
  ['average_precision', 'Average precision'],
  ['spearman', 'Spearman'],
  ['pearson', 'Pearson'],
  ['perplexity', 'Perplexity'],
  ['exact_match', 'Exact match'],
  ['answerable_f1', 'F1, answerable'],
  ['unanswerable_accuracy', 'Accuracy, unanswerable'],
  ['rewards_margins', 'Reward margin'],
  ['rewards_chosen', 'Reward of chosen answers'],
  ['rewards_rejected', 'Reward of rejected answers'],
];

/** Ids of the metrics other than accuracy, in display order. */
export const metricIds: readonly string[] = labels.map(([id]) => id);

/** What an evaluation calls a metric, accuracy and loss included; an unknown one has its id for a name. */
export function metricLabel(id: string): string {
  if (id === 'accuracy') return 'Accuracy';
  return id === 'loss' ? 'Loss' : (labels.find(([known]) => known === id)?.[1] ?? id);
}

/** The metrics of an evaluation to be shown, by label. */
export function furtherMetrics(
  metrics: Readonly<Record<string, number>>,
): { id: string; label: string; value: number }[] {
  return labels.flatMap(([id, label]) => {
    const value = metrics[id];
    return value === undefined ? [] : [{ id, label, value }];
  });
}
