import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { LinearModule } from '../../../../src-shared/domain/models/model.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { patternNames } from '../targets/target-modules.ts';
import type { AdapterVariant } from '../variant/variant.ts';

/**
 * Refuses what PEFT's target_parameters cannot have on experts: anything but the two factors of LoRA.
 * @throws StudioError invalid_input naming the setting
 */
export function refuseExperts(
  variant: AdapterVariant,
  parameters: ParameterValues,
  targets: readonly LinearModule[],
): void {
  const module = targets.find(({ expert }) => expert !== undefined);
  if (module === undefined) return;
  const { rank } = variant.strength(parameters, patternNames(module));
  const isLora = variant.files.type === 'LORA' && variant.training === undefined;
  const parts = variant.parts(module, { rank, parameters: { ...parameters, lora_bias: false } });
  const start = variant.residual?.initialization(parameters) ?? null;
  const refuse = (what: string, remedy: string): never => {
    throw new StudioError('invalid_input', `target_parameters: experts cannot have ${what}.`, remedy).at(
      'adapter.target_parameters',
    );
  };
  if (!isLora || parts.length !== 2)
    refuse(
      `an adapter of the kind ${variant.declaration.label}`,
      'Choose LoRA or rsLoRA, or leave target_parameters empty.',
    );
  if (Number(parameters['lora_dropout'] ?? 0) > 0) refuse('a dropout (lora_dropout)', 'Set lora_dropout to 0.');
  if (parameters['lora_bias'] === true) refuse('a bias of their own (lora_bias)', 'Set lora_bias to false.');
  if (start !== null && (start.residual || start.calibration !== undefined))
    refuse(`the start ${start.declaration.label}`, 'Set init_lora_weights to kaiming.');
}
