import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { DatasetDescription } from '../../../src-shared/domain/data/dataset.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import type { TaskDeclaration } from '../../../src-shared/tasks/task.ts';
import { type LabelForm, smoothedForm } from '../ops/loss/label-form.ts';

type LossSettings = Pick<RunConfig, 'label_smoothing_factor' | 'token_loss'>;

/**
 * Form of a run's training loss.
 * @throws StudioError invalid_input for two forms at once
 */
export function labelFormOf({ label_smoothing_factor: smoothing, token_loss }: LossSettings): LabelForm {
  if (token_loss === 'nll') return smoothedForm(smoothing);
  if (smoothing === 0) return { kind: 'dft' };
  throw new StudioError(
    'invalid_input',
    `token_loss is dft, which has no smoothed labels, but label_smoothing_factor is ${smoothing}.`,
    'Set label_smoothing_factor to 0, or token_loss to nll.',
  ).at('label_smoothing_factor');
}

/** @throws StudioError invalid_input where the task's loss has no such form or term, or its base no embeddings for the noise */
export function checkLossSettings(
  config: LossSettings & Pick<RunConfig, 'neftune_noise_alpha' | 'kl_coefficient'>,
  { label, uses }: Pick<TaskDeclaration, 'label' | 'uses'>,
  { text }: Pick<DatasetDescription, 'text'>,
): void {
  labelFormOf(config);
  if (config.token_loss !== 'nll' && !uses.includes('token_loss'))
    throw new StudioError(
      'invalid_input',
      `token_loss is ${config.token_loss}, but the task ${label} does not learn to write tokens.`,
      'Set token_loss to nll.',
    ).at('token_loss');
  if (config.neftune_noise_alpha > 0 && !uses.includes('neftune_noise_alpha'))
    throw new StudioError(
      'invalid_input',
      `neftune_noise_alpha is ${config.neftune_noise_alpha}, but the task ${label} has no single embedding of tokens that noise could be added to.`,
      'Set neftune_noise_alpha to 0.',
    ).at('neftune_noise_alpha');
  if (config.kl_coefficient > 0 && !uses.includes('kl_coefficient'))
    throw new StudioError(
      'invalid_input',
      `kl_coefficient is ${config.kl_coefficient}, but the task ${label} does not learn to write tokens whose distribution could be compared with the base's.`,
      'Set kl_coefficient to 0.',
    ).at('kl_coefficient');
  if (config.label_smoothing_factor === 0) return;
  const hasClasses = uses.includes('token_loss') || !['numbers', 'sets'].includes(text?.labelKind ?? 'classes');
  if (hasClasses && uses.includes('label_smoothing_factor')) return;
  throw new StudioError(
    'invalid_input',
    `label_smoothing_factor is ${config.label_smoothing_factor}, but the loss of ${label} on these data is no cross-entropy over classes.`,
    'Set label_smoothing_factor to 0.',
  ).at('label_smoothing_factor');
}
