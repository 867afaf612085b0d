/** Tag of a metric, as Transformers' TensorBoardCallback names it: loss → train/loss, eval_accuracy → eval/accuracy. */
export function tagOf(metric: string): string {
  const [split] = splits.filter((one) => metric.startsWith(`${one}_`));
  return split === undefined ? `train/${metric}` : `${split}/${metric.slice(split.length + 1)}`;
}

/** Metric of a tag, the other way round. Tags of other programs are metrics as they are. */
export function metricOf(tag: string): string {
  const [split] = splits.filter((one) => tag.startsWith(`${one}/`));
  if (split !== undefined) return `${split}_${tag.slice(split.length + 1)}`;
  return tag.startsWith('train/') && tag.length > 'train/'.length ? tag.slice('train/'.length) : tag;
}

const splits = ['eval', 'test'];
