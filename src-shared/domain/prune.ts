import { z } from 'zod';
import { declarationSchema, type ParameterSpec, type ParameterValues, parameterValuesSchema } from './parameter.ts';

/** What a prune method says of itself: the form, the command, the pruning study and its figures are made from this. */
export const pruneDeclarationSchema = declarationSchema.extend({
  patterns: z
    .array(
      z.object({
        label: z.string().describe('what figures call it'),
        parameters: parameterValuesSchema,
        usual: z.boolean().describe('whether a study tries it where nothing else was chosen'),
      }),
    )
    .describe('choices of parameters that are compared as bars; none where a curve runs over values'),
  grid: z
    .object({
      parameter: z.string().describe('the number that curves run over'),
      values: z.array(z.number()).describe('where a study samples it; none: only where it was asked to'),
      label: z.string().describe('what figures call one value, which stands for {value}'),
      percent: z.boolean().describe('whether the number is a share, shown as a percentage'),
      axis: z.string().describe('what the axis of its figure says'),
      unchanged: z.number().nullable().describe('the value that leaves the adapter as it is; null where there is none'),
    })
    .nullable(),
});
export type PruneDeclaration = z.infer<typeof pruneDeclarationSchema>;

/**
 * What figures and titles call a pruning, e.g. "Low third" or "50 % zeroed"; further values that are not the default stand in
 * brackets. Parameters may be partial: defaults are filled in.
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
