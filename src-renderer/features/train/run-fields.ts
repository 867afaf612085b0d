import { adapterParameters } from '../../../src-shared/domain/adapters/adapter.ts';
import type { Declaration, ParameterSpec } from '../../../src-shared/domain/parameters/parameter.ts';
import { cotoDeclaration } from '../../../src-shared/domain/runs/coto.ts';
import { runParameters } from '../../../src-shared/domain/runs/run.ts';
import { type Draft, defaultDraft, variantOf } from './draft.ts';

/** The variant's parameters by their names in a run: `adapter.r`. */
export function parametersOfVariant(variant: Declaration | undefined): ParameterSpec[] {
  return (variant?.parameters ?? []).map(({ when, ...spec }) => ({
    ...spec,
    name: `adapter.${spec.name}`,
    ...(when === undefined ? {} : { when: { ...when, name: `adapter.${when.name}` } }),
  }));
}

/** Every field of the form but base and data, in its order: the variant and the switch of CoTo are declared nowhere else. */
export function runFields(draft: Draft, variants: readonly Declaration[]): ParameterSpec[] {
  return [
    ...runParameters().filter(({ group }) => group === 'Data'),
    ...runParameters().filter(({ group }) => group === 'Task'),
    {
      name: 'adapter.variant',
      label: 'Variant',
      type: 'choice',
      default: defaultDraft['adapter.variant'] ?? null,
      choices: variants.map(({ id, label }) => ({ value: id, label })),
      help: 'How the update of a linear layer is made.',
      group: 'Adapter',
    },
    ...[...parametersOfVariant(variantOf(draft, variants)), ...adapterParameters()].map((spec) => ({
      ...spec,
      group: 'Adapter',
    })),
    { name: 'coto', label: 'CoTo', type: 'boolean', default: false, help: cotoDeclaration.summary, group: 'CoTo' },
    ...cotoDeclaration.parameters.map((spec) => ({ ...spec, group: 'CoTo' })),
    ...runParameters().filter(({ group }) => group === 'Optimization'),
  ];
}

/** Returns the labels of all fields by name, including model and dataset. */
export function fieldLabels(draft: Draft, variants: readonly Declaration[]): ReadonlyMap<string, string> {
  return new Map([
    ['model', 'Base'],
    ['dataset', 'Data'],
    ...runFields(draft, variants).map(({ name, label }) => [name, label] as const),
  ]);
}
