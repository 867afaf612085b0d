import { z } from 'zod';

/**
 * One parameter of a variant (adapter, merge method, prune method, study): what the form, the command line and the
 * documentation are made from. `unit` is shown beside the field; `minimum` and `maximum` are inclusive.
 */
export const parameterSpecSchema = z.object({
  name: z.string(),
  label: z.string(),
  type: z.enum(['integer', 'number', 'boolean', 'choice', 'text']),
  default: z.union([z.number(), z.boolean(), z.string()]),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  step: z.number().optional(),
  unit: z.string().optional(),
  choices: z.array(z.object({ value: z.string(), label: z.string() })).optional(),
  help: z.string(),
  names: z
    .enum(['column', 'file'])
    .optional()
    .describe('what a text names, so that it can be chosen: a column of the dataset, or a file'),
});
export type ParameterSpec = z.infer<typeof parameterSpecSchema>;

export const parameterValuesSchema = z.record(z.string(), z.union([z.number(), z.boolean(), z.string()]));
export type ParameterValues = z.infer<typeof parameterValuesSchema>;

/** What every listed variant says of itself. */
export const declarationSchema = z.object({
  id: z.string(),
  label: z.string(),
  summary: z.string(),
  paper: z.object({ title: z.string(), url: z.string() }).optional(),
  parameters: z.array(parameterSpecSchema),
});
export type Declaration = z.infer<typeof declarationSchema>;

/** Builds the zod schema that checks values against `specs`: defaults filled in, unknown names refused. */
export function parameterSchema(specs: readonly ParameterSpec[]): z.ZodType<ParameterValues> {
  const shape: Record<string, z.ZodType<number | boolean | string>> = {};
  for (const spec of specs) shape[spec.name] = valueSchema(spec);
  return z.strictObject(shape);
}

function valueSchema(spec: ParameterSpec): z.ZodType<number | boolean | string> {
  switch (spec.type) {
    case 'integer':
    case 'number': {
      let schema = spec.type === 'integer' ? z.number().int() : z.number();
      if (spec.minimum !== undefined) schema = schema.min(spec.minimum);
      if (spec.maximum !== undefined) schema = schema.max(spec.maximum);
      return schema.default(Number(spec.default));
    }
    case 'boolean':
      return z.boolean().default(Boolean(spec.default));
    case 'choice':
      return z.enum((spec.choices ?? []).map((choice) => choice.value)).default(String(spec.default));
    case 'text':
      return z.string().default(String(spec.default));
  }
}
