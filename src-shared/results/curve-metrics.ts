/** A metric of a run's history, as figures show it. */
export interface CurveMetric {
  readonly metric: string;
  readonly title: string;
  readonly yTitle: string;
  /** 100 shows shares in per cent. */
  readonly factor?: number;
}

/** Every metric of a run as a whole (not of one layer), in the order of figures: what it learns, then what it costs. */
export const curveMetrics: readonly CurveMetric[] = [
  { metric: 'loss', title: 'Training loss', yTitle: 'loss (nats)' },
  { metric: 'rewards_margins', title: 'Reward margin', yTitle: 'reward' },
  { metric: 'rewards_accuracies', title: 'Preference accuracy', yTitle: 'accuracy (%)', factor: 100 },
  { metric: 'rewards_chosen', title: 'Reward of chosen answers', yTitle: 'reward' },
  { metric: 'rewards_rejected', title: 'Reward of rejected answers', yTitle: 'reward' },
  { metric: 'eval_exact_match', title: 'Eval exact match', yTitle: 'exact match (%)', factor: 100 },
  { metric: 'eval_perplexity', title: 'Eval perplexity', yTitle: 'perplexity' },
  { metric: 'eval_accuracy', title: 'Eval accuracy', yTitle: 'accuracy (%)', factor: 100 },
  { metric: 'eval_answer_f1', title: 'Eval answer F1', yTitle: 'F1 (%)', factor: 100 },
  { metric: 'eval_entity_f1', title: 'Eval entity F1', yTitle: 'F1 (%)', factor: 100 },
  { metric: 'eval_f1_macro', title: 'Eval F1 (macro)', yTitle: 'F1 (%)', factor: 100 },
  { metric: 'eval_f1_binary', title: 'Eval F1', yTitle: 'F1 (%)', factor: 100 },
  { metric: 'eval_matthews', title: 'Eval Matthews correlation', yTitle: 'Matthews correlation' },
  { metric: 'eval_ndcg_at_10', title: 'Eval NDCG@10', yTitle: 'NDCG' },
  { metric: 'eval_mrr_at_10', title: 'Eval MRR@10', yTitle: 'MRR' },
  { metric: 'eval_recall_at_1', title: 'Eval recall@1', yTitle: 'recall (%)', factor: 100 },
  { metric: 'eval_recall_at_10', title: 'Eval recall@10', yTitle: 'recall (%)', factor: 100 },
  { metric: 'eval_average_precision', title: 'Eval average precision', yTitle: 'average precision' },
  { metric: 'eval_spearman', title: 'Eval Spearman correlation', yTitle: 'ρ' },
  { metric: 'eval_pearson', title: 'Eval Pearson correlation', yTitle: 'r' },
  { metric: 'eval_rewards_margins', title: 'Eval reward margin', yTitle: 'reward' },
  { metric: 'eval_loss', title: 'Eval loss', yTitle: 'loss (nats)' },
  { metric: 'learning_rate', title: 'Learning rate', yTitle: 'learning rate' },
  { metric: 'grad_norm', title: 'Gradient norm', yTitle: 'L2 norm' },
  { metric: 'active_share', title: 'Active layers', yTitle: 'active layers (%)', factor: 100 },
  { metric: 'p', title: 'Activation probability', yTitle: 'p' },
  { metric: 'step_milliseconds', title: 'Step time', yTitle: 'step time (ms)' },
  { metric: 'examples_per_second', title: 'Throughput', yTitle: 'examples per second' },
];
