/** What the metrics beside accuracy are called, in the order in which they are shown. */
const labels: readonly (readonly [string, string])[] = [
  ['f1_macro', 'F1 (macro)'],
  ['f1_binary', 'F1'],
  ['matthews', 'Matthews'],
  ['pearson', 'Pearson'],
  ['spearman', 'Spearman'],
  ['perplexity', 'Perplexity'],
  ['exact_match', 'Exact match'],
];

/** The metrics of an evaluation that are worth a line, by their names. */
export function furtherMetrics(
  metrics: Readonly<Record<string, number>>,
): { id: string; label: string; value: number }[] {
  return labels.flatMap(([id, label]) => {
    const value = metrics[id];
    return value === undefined ? [] : [{ id, label, value }];
  });
}
