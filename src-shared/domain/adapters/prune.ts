import { z } from 'zod';
import {
  declarationSchema,
  type ParameterSpec,
  type ParameterValues,
  parameterValuesSchema,
} from '../parameters/parameter.ts';

/** Declaration of a prune method; the form, the command, the pruning study and its figures are generated from it. */
export const pruneDeclarationSchema = declarationSchema.extend({
  data: z.boolean().optional().describe('whether the method runs the adapter on examples of a dataset'),
  patterns: z
    .array(
      z.object({
        label: z.string().describe('name in figures'),
        parameters: parameterValuesSchema,
        usual: z.boolean().describe('whether a study includes it by default'),
      }),
    )
    .describe('sets of parameters that are compared as bars; empty if a curve runs over values'),
  grid: z
    .object({
      parameter: z.string().describe('the number that curves run over'),
      values: z.array(z.number()).describe('default sampling points of a study; empty: only on request'),
      label: z.string().describe('name of one value in figures, with {value} as its placeholder'),
      percent: z.boolean().describe('whether the number is a share, shown as a percentage'),
      axis: z.string().describe('title of the axis of its figure'),
      unchanged: z.number().nullable().describe('the value that leaves the adapter unchanged; null if there is none'),
    })
    .nullable(),
});
export type PruneDeclaration = z.infer<typeof pruneDeclarationSchema>;

/**
 * Name of a pruning in figures and titles, e.g. "Low third" or "50 % zeroed"; other non-default values follow in
 * parentheses. Parameters may be partial: defaults are filled in.
 */
export function describePruning(declaration: PruneDeclaration, given: ParameterValues): string {
  const { label, parameters, patterns, grid } = declaration;
  const values = { ...Object.fromEntries(parameters.map((spec) => [spec.name, spec.default])), ...given };
  const pattern = patterns.find((one) =>
    Object.entries(one.parameters).every(([name, value]) => values[name] === value),
  );
  const said = new Set([...Object.keys(pattern?.parameters ?? {}), ...(grid ? [grid.parameter] : [])]);
  const others = parameters.filter(({ name, default: usual }) => !said.has(name) && values[name] !== usual);
  const name = pattern?.label ?? (grid ? gridLabel(grid, Number(values[grid.parameter])) : label);
  return others.length === 0
    ? name
    : `${name} (${others.map((spec) => valueText(spec, values[spec.name])).join(', ')})`;
}

/** One value of a grid in words, e.g. "50 % zeroed". */
export function gridLabel(
  { label, percent }: Pick<NonNullable<PruneDeclaration['grid']>, 'label' | 'percent'>,
  value: number,
): string {
  return label.replace('{value}', percent ? `${Number((value * 100).toPrecision(4))} %` : String(value));
}

function valueText(spec: ParameterSpec, value: unknown): string {
  const choice = spec.choices?.find((one) => one.value === value);
  return choice ? choice.label : `${spec.label}: ${String(value)}`;
}
