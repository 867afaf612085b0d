import { z } from 'zod';
import { adapterFieldsSchema, isFlatParameter } from '../adapters/adapter.ts';
import { type Declaration, type ParameterValues, parameterSchema } from '../parameters/parameter.ts';
import { type RunConfig, runConfigSchema } from './run.ts';

/** Keys of a run that older versions spelled differently. */
const formerKeys: Readonly<Record<string, string>> = { length_normalised: 'length_normalized' };

const plainObject = z.record(z.string(), z.unknown());

export type RunCheck =
  | { readonly config: RunConfig; readonly issues: readonly [] }
  | { readonly config: null; readonly issues: readonly z.core.$ZodIssue[] };

/**
 * Validates a run from a file or a form against its schema and its adapter variant's declaration, and fills in the
 * defaults of both. Reports all issues at once, each with the path at which it was given.
 *
 * @param variants the variants of the catalog
 */
export function checkRunInput(input: unknown, variants: readonly Declaration[]): RunCheck {
  const object = plainObject.safeParse(input).data;
  const parsed = runConfigSchema.safeParse(object ? withCurrentKeys(object) : input);
  const { parameters, issues } = checkVariant(plainObject.safeParse(object?.['adapter']).data ?? {}, variants);
  if (!parsed.success || parameters === null)
    return { config: null, issues: [...(parsed.error?.issues ?? []), ...issues] };
  return { config: { ...parsed.data, adapter: { ...parsed.data.adapter, parameters } }, issues: [] };
}

function withCurrentKeys(input: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(input).map(([key, value]) => {
    const current = formerKeys[key];
    return [current === undefined || Object.hasOwn(input, current) ? key : current, value] as const;
  });
  return Object.fromEntries(entries);
}

function checkVariant(
  adapter: Readonly<Record<string, unknown>>,
  variants: readonly Declaration[],
): { readonly parameters: ParameterValues | null; readonly issues: readonly z.core.$ZodIssue[] } {
  const id = adapter['variant'] ?? adapterFieldsSchema.parse({}).variant;
  const declaration = variants.find((one) => one.id === id);
  if (declaration === undefined) return { parameters: null, issues: [unknownVariant(id, variants)] };
  const flat = Object.fromEntries(Object.entries(adapter).filter(([key]) => isFlatParameter(key)));
  const nested = plainObject.safeParse(adapter['parameters']).data;
  const checked = parameterSchema(declaration.parameters).safeParse({ ...nested, ...flat });
  const issues = (checked.error?.issues ?? []).map((issue) => ({
    ...issue,
    path: ['adapter', ...(Object.hasOwn(flat, String(issue.path[0])) ? [] : ['parameters']), ...issue.path],
    message: issue.code === 'unrecognized_keys' ? unknownParameters(issue.keys, declaration) : issue.message,
  }));
  return { parameters: checked.data ?? null, issues };
}

function unknownVariant(id: unknown, variants: readonly Declaration[]): z.core.$ZodIssue {
  const message = `there is no adapter variant "${id}"; choose one of ${variants.map((one) => one.id).join(', ')}`;
  return { code: 'custom', input: id, path: ['adapter', 'variant'], message };
}

function unknownParameters(keys: readonly string[], { label, parameters }: Declaration): string {
  const names = parameters.map(({ name }) => name).join(', ') || 'none';
  return `${label} has no parameter ${keys.map((key) => `"${key}"`).join(', ')}; its parameters are ${names}`;
}
