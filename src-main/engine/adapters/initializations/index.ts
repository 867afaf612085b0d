import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ParameterSpec, ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { corda } from './corda.ts';
import { eva } from './eva.ts';
import { gaussian } from './gaussian.ts';
import type { Initialization } from './initialization.ts';
import { kaiming } from './kaiming.ts';
import { loraGa } from './lora-ga.ts';
import { milora } from './milora.ts';
import { olora } from './olora.ts';
import { orthogonal } from './orthogonal.ts';
import { pissa } from './pissa.ts';

/** Every way in which LoRA's factors start. */
export const initializations: readonly Initialization[] = [
  kaiming,
  gaussian,
  orthogonal,
  pissa,
  olora,
  milora,
  corda,
  loraGa,
  eva,
];

/** `init_lora_weights` and what each choice takes further. */
export const initializationParameters: ParameterSpec[] = [
  {
    name: 'init_lora_weights',
    label: 'Initialization',
    type: 'choice',
    default: kaiming.declaration.id,
    choices: initializations.map(({ declaration }) => ({ value: declaration.id, label: declaration.label })),
    help: "Initialization of A and B. None changes the base's outputs before the first step.",
    advanced: true,
  },
  ...ownParameters(),
];

/** The parameters of the single ways, each once and with those that take it. */
function ownParameters(): ParameterSpec[] {
  const specs = initializations.flatMap(({ declaration }) => declaration.parameters);
  const takenBy = ({ name }: ParameterSpec) =>
    initializations.filter(({ declaration }) => declaration.parameters.some((spec) => spec.name === name));
  return [...new Map(specs.map((spec) => [spec.name, spec])).values()].map((spec) => ({
    ...spec,
    when: { name: 'init_lora_weights', values: takenBy(spec).map(({ declaration }) => declaration.id) },
  }));
}

/** Maps PEFT's `init_lora_weights` to an initialization; null if unknown. */
export function initializationFromPeft(
  value: boolean | string,
): { readonly initialization: Initialization; readonly parameters: ParameterValues } | null {
  for (const initialization of initializations) {
    const { peft } = initialization;
    const parameters =
      peft.value({}) === value ? {} : typeof value === 'string' ? (peft.parameters?.(value) ?? null) : null;
    if (parameters !== null) return { initialization, parameters };
  }
  return null;
}

/**
 * Returns the initialization named by `init_lora_weights`.
 * @throws StudioError invalid_input naming the choices.
 */
export function initializationOf({ init_lora_weights: id }: ParameterValues): Initialization {
  const found = initializations.find(({ declaration }) => declaration.id === (id ?? kaiming.declaration.id));
  if (found) return found;
  throw new StudioError(
    'invalid_input',
    `init_lora_weights: there is no initialization "${String(id)}".`,
    `Choose one of ${initializations.map(({ declaration }) => declaration.id).join(', ')}.`,
  ).at('adapter.init_lora_weights');
}
