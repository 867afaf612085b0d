import { z } from 'zod';

/** Tokens, each by its id or its text. */
const tokenListSchema = z.array(z.union([z.number().int().min(0), z.string().min(1)]));

/**
 * Type of a parameter's value. Lists name modules or layers; a map gives a number to each name (`rank_pattern`); null
 * says "as it follows from something else", which the parameter's `empty` puts in words. Tokens are a list, or a list for
 * each module.
 */
export const parameterValueSchema = z.union([
  z.number(),
  z.boolean(),
  z.string(),
  z.null(),
  z.array(z.string()),
  z.array(z.number()),
  z.record(z.string(), z.number()),
  tokenListSchema,
  z.record(z.string(), tokenListSchema),
]);
export type ParameterValue = z.infer<typeof parameterValueSchema>;

/**
 * One parameter of a method (adapter variant, merge or prune method, study, reader, run): what the form, the command,
 * the YAML and the method card are made from. `unit` is shown beside the field; `minimum` and `maximum` are inclusive,
 * `above` is not. For lists and maps, the limits apply to each element.
 */
export const parameterSpecSchema = z.object({
  name: z.string(),
  label: z.string(),
  type: z.enum([
    'integer',
    'number',
    'boolean',
    'choice',
    'text',
    'text-list',
    'integer-list',
    'number-list',
    'integer-map',
    'number-map',
    'text-or-list',
    'tokens',
  ]),
  default: parameterValueSchema,
  minimum: z.number().optional(),
  above: z.number().optional().describe('values must be larger than this'),
  maximum: z.number().optional(),
  step: z.number().optional(),
  unit: z.string().optional(),
  choices: z.array(z.object({ value: z.string(), label: z.string() })).optional(),
  help: z.string(),
  names: z
    .enum(['column', 'file', 'metric', 'merge-method', 'merge-methods'])
    .optional()
    .describe(
      'what the text refers to, so that a form can offer choices: a column of the dataset, a file, a metric by its id, a merge method that produces an adapter, merge methods of several adapters',
    ),
  nullable: z.boolean().optional().describe('null is a value of its own'),
  empty: z.string().optional().describe('meaning of null or an empty list, e.g. "same as seed"'),
  multiline: z.boolean().optional().describe('multi-line text'),
  group: z.string().optional().describe('heading in the form that parameters of the same group share'),
  advanced: z.boolean().optional().describe('seldom changed: behind "More settings" in a form'),
  when: z
    .object({ name: z.string(), values: z.array(z.string()) })
    .optional()
    .describe('it means something only where another parameter of the declaration has one of these values'),
});
export type ParameterSpec = z.infer<typeof parameterSpecSchema>;

export const parameterValuesSchema = z.record(z.string(), parameterValueSchema);
export type ParameterValues = z.infer<typeof parameterValuesSchema>;

/** Declaration of a listed variant. */
export const declarationSchema = z.object({
  id: z.string(),
  label: z.string(),
  summary: z.string(),
  paper: z.object({ title: z.string(), url: z.string() }).optional(),
  checkpoints: z
    .array(z.string())
    .optional()
    .describe('of a model family: common ones on the hub, e.g. Qwen/Qwen3-0.6B'),
  card: z.string().optional().describe('its document below docs, without the ending: "methods/adapters/lora"'),
  parameters: z.array(parameterSpecSchema),
});
export type Declaration = z.infer<typeof declarationSchema>;

const schemasOfSpecs = new WeakMap<readonly ParameterSpec[], z.ZodType<ParameterValues>>();

/** The zod schema that checks values against `specs`: defaults filled in, unknown names refused. It is made once for each list. */
export function parameterSchema(specs: readonly ParameterSpec[]): z.ZodType<ParameterValues> {
  const schema = schemasOfSpecs.get(specs) ?? makeSchema(specs);
  schemasOfSpecs.set(specs, schema);
  return schema;
}

function makeSchema(specs: readonly ParameterSpec[]): z.ZodType<ParameterValues> {
  const shape: Record<string, z.ZodType<ParameterValue>> = {};
  for (const spec of specs) {
    const value = valueSchema(spec);
    shape[spec.name] = (spec.nullable ? value.nullable() : value).default(spec.default);
  }
  return z.strictObject(shape);
}

function valueSchema(spec: ParameterSpec): z.ZodType<ParameterValue> {
  switch (spec.type) {
    case 'integer':
    case 'number':
      return numberSchema(spec, spec.type === 'integer');
    case 'boolean':
      return z.boolean();
    case 'choice':
      return z.enum((spec.choices ?? []).map((choice) => choice.value));
    case 'text':
      return z.string();
    case 'text-list':
      return z.array(z.string());
    case 'integer-list':
      return z.array(numberSchema(spec, true));
    case 'number-list':
      // A list of one is written as a number too.
      return z.preprocess((value) => (typeof value === 'number' ? [value] : value), z.array(numberSchema(spec, false)));
    case 'integer-map':
    case 'number-map':
      return z.record(z.string(), numberSchema(spec, spec.type === 'integer-map'));
    case 'text-or-list':
      return z.union([z.string(), z.array(z.string()).min(spec.empty === undefined ? 1 : 0)]);
    case 'tokens':
      return z.union([tokenListSchema.min(1), z.record(z.string(), tokenListSchema.min(1))]);
  }
}

function numberSchema({ minimum, above, maximum }: ParameterSpec, isWhole: boolean): z.ZodNumber {
  let schema = isWhole ? z.number().int() : z.number();
  if (minimum !== undefined) schema = schema.min(minimum);
  if (above !== undefined) schema = schema.gt(above);
  if (maximum !== undefined) schema = schema.max(maximum);
  return schema;
}
