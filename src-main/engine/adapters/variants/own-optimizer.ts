import { StudioError } from '../../../../src-shared/contract/errors.ts';

/** Refuses an optimizer other than the one that the variant's own is built on. */
export function checkOwnOptimizer(label: string, optim: string): void {
  if (optim === 'adamw') return;
  throw new StudioError(
    'refused',
    `optim: ${label} has an optimizer of its own, built on AdamW, and cannot be trained by ${optim}.`,
    'Set optim to adamw, or train LoRA.',
  ).at('optim');
}
