import type { ParameterSpec, ParameterValue, ParameterValues } from '../../../../src-shared/domain/parameter.ts';
import type { MatrixMerger } from '../spaces/matrix-merger.ts';
import { matrixMergers } from './core-space-mergers.ts';

/** The value of a switch that leaves it as the merger has it. */
const own = 'default';
const words = "the merger's own";

/**
 * The parameter `merger` of a method that runs mergers in another space, and those of all mergers, each name once: where
 * mergers differ in its default it is theirs unless it is set.
 */
export function mergerParameters(defaultId: string): ParameterSpec[] {
  const all = matrixMergers.flatMap(({ declaration }) => declaration.parameters);
  const names = [...new Set(all.map(({ name }) => name))];
  return [
    {
      name: 'merger',
      label: 'Merger',
      type: 'choice',
      default: defaultId,
      choices: matrixMergers.map(({ declaration: { id, label } }) => ({ value: id, label })),
      help: 'The merge of task vectors that runs in this space. It reads only its own of the parameters below.',
    },
    ...names.map((name) => shared(all.filter((spec) => spec.name === name))),
  ];
}

function shared(specs: readonly ParameterSpec[]): ParameterSpec {
  // A list says the same as a number, and more.
  const spec = specs.find(({ type }) => type === 'number-list') ?? specs[0];
  if (!spec) throw new Error('no parameter of this name');
  const defaults = new Set(specs.map((one) => JSON.stringify([one.default].flat())));
  if (defaults.size === 1) return spec;
  if (spec.type !== 'boolean') return { ...spec, default: null, nullable: true, empty: words };
  const choices = [
    { value: own, label: "The merger's own" },
    { value: 'true', label: 'On' },
    { value: 'false', label: 'Off' },
  ];
  return { ...spec, type: 'choice', default: own, choices };
}

/** The values of `mergerParameters` as a merger declares its own. */
export function mergerValues({ declaration }: MatrixMerger, parameters: ParameterValues): ParameterValues {
  const values = declaration.parameters.map((spec) => [spec.name, valueFrom(spec, parameters[spec.name])]);
  return Object.fromEntries(values);
}

function valueFrom(spec: ParameterSpec, given: ParameterValue | undefined): ParameterValue {
  if (given === undefined || given === null || given === own) return spec.default;
  if (spec.type === 'boolean') return given === true || given === 'true';
  if (spec.type === 'number' && Array.isArray(given)) return Number(given[0]);
  return given;
}
