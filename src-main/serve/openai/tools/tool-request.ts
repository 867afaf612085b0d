import { z } from 'zod';
import { HttpError } from '../../http/http-error.ts';
import type { WrittenCall } from './tool-format.ts';

const nameSchema = z.string().regex(/^[\w.-]{1,64}$/, { error: 'must be 1 to 64 letters, digits, dots, _ and -' });

export const toolSchema = z.looseObject({
  type: z.string(),
  function: z
    .strictObject({
      name: nameSchema,
      description: z.string().nullish(),
      parameters: z.record(z.string(), z.unknown()).nullish(),
      strict: z.boolean().nullish(),
    })
    .optional(),
});

const namedSchema = z.strictObject({ type: z.literal('function'), function: z.strictObject({ name: z.string() }) });
const allowedSchema = z.strictObject({
  type: z.literal('allowed_tools'),
  allowed_tools: z.strictObject({ mode: z.enum(['auto', 'required']), tools: z.array(namedSchema).min(1) }),
});
export const toolChoiceSchema = z.union([z.enum(['none', 'auto', 'required']), namedSchema, allowedSchema], {
  error: 'must be "none", "auto", "required", a named function or allowed_tools',
});

/** Tools that an answer may call. */
export interface ToolRequest {
  /** JSON of the functions, in the form that chat templates read. */
  readonly tools: readonly Record<string, unknown>[];
  /** JSON schemas of the parameters, by function. */
  readonly functions: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  /** A function that must be called; null for any; absent if the model chooses whether to call one. */
  readonly forced?: string | null;
  readonly isParallel: boolean;
  /** Returns false for a call of a strict function whose arguments do not match its schema. */
  accepts(call: WrittenCall): boolean;
}

interface ToolFields {
  readonly tools?: readonly z.infer<typeof toolSchema>[] | null | undefined;
  readonly tool_choice?: z.infer<typeof toolChoiceSchema> | null | undefined;
  readonly parallel_tool_calls?: boolean | null | undefined;
}

/**
 * Returns the tools of a request; null if the answer must call none.
 * @throws HttpError 400 naming the field
 */
export function toolRequest({ tools, tool_choice, parallel_tool_calls }: ToolFields): ToolRequest | null {
  const refuse = (message: string, field: string, code = 'invalid_value'): never => {
    throw new HttpError(400, message, code, field);
  };
  const choice = tool_choice ?? 'auto';
  const given = tools ?? [];
  if (given.length === 0) {
    if (choice !== 'none' && choice !== 'auto') refuse('tool_choice names a tool, but tools has none.', 'tool_choice');
    return null;
  }
  const offered = given.map(({ type, function: own }, index) => {
    if (type !== 'function')
      return refuse(
        `tools.${index}.type ${type} is not supported: only functions are.`,
        `tools.${index}.type`,
        'unsupported_parameter',
      );
    if (own === undefined) return refuse(`tools.${index}.function is missing.`, `tools.${index}.function`);
    return { ...own, accepts: own.strict === true ? strictCheck(own.parameters ?? noParameters, index) : null };
  });
  const names = offered.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) refuse(`tools has two functions named "${twice}": rename one.`, 'tools');
  if (choice === 'none') return null;
  const allowed = typeof choice === 'object' && choice.type === 'allowed_tools' ? choice.allowed_tools : null;
  const named = typeof choice === 'object' && choice.type === 'function' ? choice.function.name : null;
  for (const name of [...(named === null ? [] : [named]), ...(allowed?.tools ?? []).map((one) => one.function.name)])
    if (!names.includes(name)) refuse(`tool_choice names "${name}", which is not one of the tools.`, 'tool_choice');
  const usable =
    allowed === null ? offered : offered.filter(({ name }) => allowed.tools.some((one) => one.function.name === name));
  const isForced = named !== null || choice === 'required' || allowed?.mode === 'required';
  const only = usable.length === 1 ? (usable[0]?.name ?? null) : null;
  return {
    tools: usable.map(({ name, description, parameters }) => ({
      type: 'function',
      // Templates read the parameters of every function.
      function: { name, ...(description == null ? {} : { description }), parameters: parameters ?? noParameters },
    })),
    functions: new Map(usable.map(({ name, parameters }) => [name, parameters ?? noParameters])),
    ...(isForced ? { forced: named ?? only } : {}),
    isParallel: parallel_tool_calls ?? true,
    accepts: (call) => offered.find(({ name }) => name === call.name)?.accepts?.(call.arguments) ?? true,
  };
}

/**
 * Returns a check of arguments against the schema of a strict function.
 * @throws HttpError 400 for a schema with keywords that are not checked
 */
function strictCheck(parameters: Readonly<Record<string, unknown>>, index: number): (text: string) => boolean {
  try {
    const schema = z.fromJSONSchema(parameters);
    return (text) => schema.safeParse(JSON.parse(text)).success;
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    const field = `tools.${index}.function.parameters`;
    throw new HttpError(
      400,
      `${field} cannot be checked for a strict function (${reason}): change the schema, or set strict to false.`,
      'unsupported_parameter',
      field,
    );
  }
}

const noParameters = { type: 'object', properties: {} };
