import { z } from 'zod';
import { type ParameterSpec, parameterSpecSchema, parameterValueSchema } from './parameter.ts';

/** Form labels of a setting, given by `.meta()` of its schema. */
const metaSchema = z.object({
  title: z.string(),
  description: z.string(),
  labels: z.record(z.string(), z.string()).optional().describe('labels of choices that need other words'),
  unit: z.string().optional(),
  step: z.number().optional(),
  empty: z.string().optional(),
  multiline: z.boolean().optional(),
  group: z.string().optional(),
  advanced: z.boolean().optional(),
  names: parameterSpecSchema.shape.names,
  when: parameterSpecSchema.shape.when,
});
export type ParameterMeta = z.infer<typeof metaSchema>;

const typeSchema = z.enum(['integer', 'number', 'boolean', 'string', 'array', 'object', 'null']);
const leafSchema = z.object({
  type: typeSchema.optional(),
  minimum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  maximum: z.number().optional(),
  enum: z.array(z.string()).optional(),
  get items() {
    return z.union([leafSchema, z.literal(false)]).optional();
  },
  get prefixItems() {
    return z.array(leafSchema).optional();
  },
  get additionalProperties() {
    return leafSchema.optional();
  },
  get anyOf() {
    return z.array(leafSchema).optional();
  },
});
type Leaf = z.infer<typeof leafSchema>;

/**
 * The parameters that an object's schema declares: every key whose schema has a title (by `.meta()`), in the schema's
 * order. Settings of fixed type (of the run, of CoTo) are thus declared once, with range, default and form labels.
 * @throws Error for a titled key whose type has no form field, which is a bug
 */
export function parametersOf(schema: z.ZodObject, prefix = ''): ParameterSpec[] {
  const specs: ParameterSpec[] = [];
  for (const [name, property] of Object.entries(schema.shape)) {
    const json = z.toJSONSchema(property, { io: 'input', unrepresentable: 'any' });
    const meta = metaSchema.safeParse(json);
    if (!meta.success) continue;
    const { title, description, labels, ...words } = meta.data;
    const { leaf, nullable } = withoutNull(leafSchema.parse(withOneType(json)));
    const bounds = boundsOf(itemsOf(leaf) ?? (leaf.type === 'object' ? leaf.additionalProperties : undefined) ?? leaf);
    specs.push({
      name: `${prefix}${name}`,
      label: title,
      type: typeOf(leaf, name),
      // JSON Schema has no default of a setting that also reads former values.
      default: parameterValueSchema.parse(json.default ?? z.safeParse(property, undefined).data ?? null),
      ...bounds,
      ...choicesOf(leaf.enum ?? Object.keys(labels ?? {}), labels),
      help: description,
      ...(nullable ? { nullable } : {}),
      ...words,
    });
  }
  return specs;
}

/** The choices of an enum; for a setting that also takes free text, its reserved words. */
function choicesOf(values: readonly string[], labels: Readonly<Record<string, string>> = {}) {
  return values.length === 0 ? {} : { choices: values.map((value) => ({ value, label: labels[value] ?? value })) };
}

/** `type: [boolean, null]`, as zod writes a boolean or null, as the choice of two types that it is. */
function withOneType(json: object): object {
  const types = z.array(typeSchema).safeParse(Reflect.get(json, 'type'));
  return types.success ? { ...json, type: undefined, anyOf: types.data.map((type) => ({ type })) } : json;
}

function withoutNull(leaf: Leaf): { leaf: Leaf; nullable: boolean } {
  const rest = leaf.anyOf?.filter(({ type }) => type !== 'null');
  if (!rest || rest.length === leaf.anyOf?.length) return { leaf, nullable: false };
  const [only] = rest;
  return { leaf: rest.length === 1 && only ? only : { anyOf: rest }, nullable: true };
}

/** Schema of the elements of a list or a tuple. */
function itemsOf({ items, prefixItems }: Leaf): Leaf | undefined {
  return prefixItems?.[0] ?? (items === false ? undefined : items);
}

function typeOf(leaf: Leaf, name: string): ParameterSpec['type'] {
  const { type, enum: choices, additionalProperties, anyOf } = leaf;
  if (choices) return 'choice';
  if (anyOf?.some((one) => one.type === 'array') && anyOf.some((one) => one.type === 'object')) return 'tokens';
  if (anyOf?.some((one) => one.type === 'string') && anyOf.some((one) => one.type === 'array')) return 'text-or-list';
  if (type === 'integer' || type === 'number' || type === 'boolean') return type;
  if (type === 'string') return 'text';
  if (type === 'array') return listTypes[itemsOf(leaf)?.type ?? ''] ?? 'integer-list';
  if (type === 'object' && additionalProperties)
    return additionalProperties.type === 'integer' ? 'integer-map' : 'number-map';
  throw new Error(`The setting ${name} has no form field.`);
}

const listTypes: Readonly<Record<string, ParameterSpec['type']>> = { string: 'text-list', number: 'number-list' };

/** JSON Schema bounds every integer by the safe integers; such bounds are not shown. */
function boundsOf({ minimum, exclusiveMinimum, maximum }: Leaf): Pick<ParameterSpec, 'minimum' | 'above' | 'maximum'> {
  return {
    ...(minimum === undefined || minimum === Number.MIN_SAFE_INTEGER ? {} : { minimum }),
    ...(exclusiveMinimum === undefined ? {} : { above: exclusiveMinimum }),
    ...(maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? {} : { maximum }),
  };
}
