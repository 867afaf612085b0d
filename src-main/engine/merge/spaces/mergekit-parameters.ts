import type { PreflightLine } from '../../../../src-shared/domain/evaluation/evaluation.ts';
import type { ParameterSpec, ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { refused, short } from '../checks/preflight-line.ts';
import type { AdapterUpdate } from '../merge-method.ts';

/** Parameters with mergekit's names. A list holds one value for all adapters, or one for each, in their order. */
export function byAdapter(spec: Omit<ParameterSpec, 'type' | 'default'> & { readonly default: number }): ParameterSpec {
  return {
    ...spec,
    type: 'number-list',
    default: [spec.default],
    help: `${spec.help} One for all adapters, or one each.`,
  };
}

export function densities(help: string): ParameterSpec {
  return byAdapter({ name: 'density', label: 'Density', default: 0.5, above: 0, maximum: 1, step: 0.05, help });
}

export const gammas = byAdapter({
  name: 'gamma',
  label: 'γ',
  default: 0.01,
  minimum: 0,
  maximum: 1,
  step: 0.01,
  help: 'Share of the entries of each ΔW that are dropped as outliers, largest first.',
});

export const epsilons = byAdapter({
  name: 'epsilon',
  label: 'ε',
  default: 0.15,
  minimum: 0,
  maximum: 1,
  step: 0.01,
  help: 'The smallest entry of a row is kept with probability density − ε, the largest with density + ε.',
});

/** Refuses probabilities outside (0, 1), as mergekit does; a density of 1 keeps all whatever ε is. */
export function checkEpsilon(label: string, { density, epsilon }: ParameterValues): PreflightLine | null {
  const count = Math.max(...[density, epsilon].map((value) => (Array.isArray(value) ? value.length : 1)));
  for (let index = 0; index < count; index++) {
    const [mean, spread] = [valueFor(density, index), valueFor(epsilon, index)];
    if (mean >= 1 || (mean + spread < 1 && mean - spread > 0)) continue;
    return refused(
      'epsilon',
      `${label} would keep entries with probabilities from ${short(mean - spread)} to ${short(mean + spread)}.`,
      'Choose density and epsilon so that density − ε and density + ε lie between 0 and 1.',
    );
  }
  return null;
}

export const lambdaParameter: ParameterSpec = {
  name: 'lambda',
  label: 'λ',
  type: 'number',
  default: 1,
  step: 0.1,
  help: 'Factor of the merged ΔW.',
};

export function normalizeParameter(isOn: boolean): ParameterSpec {
  return {
    name: 'normalize',
    label: 'Divide by the weights',
    type: 'boolean',
    default: isOn,
    help: 'Divides each entry by the sum of the weights that contribute to it.',
  };
}

export function rescaleParameter(isOn: boolean): ParameterSpec {
  return {
    name: 'rescale',
    label: 'Restore the L1 norm',
    type: 'boolean',
    default: isOn,
    help: 'Scales what is left of each ΔW up to the sum of magnitudes that it had.',
  };
}

/** The value of a list for the adapter at an index of the list, or the one for all. */
export function valueFor(value: ParameterValues[string] | undefined, index: number): number {
  if (!Array.isArray(value)) return Number(value);
  return Number(value.length === 1 ? value[0] : value[index]);
}

/** Lists with a value for each adapter of the request, cut to the adapters of these updates. */
export function listsFor(
  specs: readonly ParameterSpec[],
  parameters: ParameterValues,
  updates: readonly Pick<AdapterUpdate, 'adapter'>[],
): ParameterValues {
  const lists = specs.filter(({ type }) => type === 'number-list');
  const own = lists.map(({ name }) => [name, updates.map(({ adapter }) => valueFor(parameters[name], adapter))]);
  return { ...parameters, ...Object.fromEntries(own) };
}

/** Refuses lists that are neither one value for all adapters nor one for each. */
export function checkLists(
  { label, parameters: specs }: { readonly label: string; readonly parameters: readonly ParameterSpec[] },
  parameters: ParameterValues,
  adapters: number,
): PreflightLine | null {
  for (const { name } of specs) {
    const value = parameters[name];
    if (!Array.isArray(value) || value.length === 1 || value.length === adapters) continue;
    return refused(
      name,
      `${label} has ${value.length} values of ${name} for ${adapters} adapters.`,
      'Give one value for all adapters, or one for each.',
    );
  }
  return null;
}
