import { StudioError } from '../../../src-shared/contract/errors.ts';

/** Keys of Transformers' TrainingArguments that are refused with what there is instead. */
const refusals: Readonly<Record<string, { readonly why: string; readonly hint: string }>> = {
  output_dir: {
    why: 'a run’s files are in the studio’s home',
    hint: 'Leave it out, and write the adapter where you want it: coto export --run RUN --to peft --out FOLDER.',
  },
  fp16: {
    why: 'runs compute in float32 or bfloat16, whose range needs no scaling of the loss',
    hint: 'Write bf16: true, or leave it out.',
  },
};

/**
 * A run with those keys of TrainingArguments in the studio's words that are told there by another key: warmup_ratio, whose share
 * warmup_steps takes as in Transformers 5, and bf16.
 * @throws StudioError invalid_input for one that is refused, with what there is instead
 */
export function withTrainerKeys(run: Readonly<Record<string, unknown>>): Record<string, unknown> {
  for (const [key, { why, hint }] of Object.entries(refusals))
    if (run[key] !== undefined && run[key] !== null && run[key] !== false)
      throw new StudioError('invalid_input', `The run is not valid: ${key}: ${why}.`, hint).at(key);
  const { warmup_ratio: ratio, bf16, ...rest } = run;
  const own = Object.fromEntries(Object.entries(rest).filter(([key]) => !(key in refusals)));
  if (ratio !== undefined) {
    const isShare = typeof ratio === 'number' && ratio >= 0 && ratio < 1;
    // Transformers takes the ratio where no steps are given.
    if (!isShare) own['warmup_ratio'] = ratio;
    else if (Number(own['warmup_steps'] ?? 0) === 0) own['warmup_steps'] = ratio;
  }
  if (bf16 === true && own['compute_dtype'] === undefined) own['compute_dtype'] = 'bfloat16';
  else if (typeof bf16 !== 'boolean' && bf16 !== undefined) own['bf16'] = bf16;
  return own;
}
