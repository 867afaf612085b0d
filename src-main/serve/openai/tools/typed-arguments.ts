import { z } from 'zod';
import { isJson } from './json-text.ts';
import type { ReadingContext } from './tool-format.ts';

const parametersSchema = z.looseObject({
  properties: z.record(z.string(), z.looseObject({ type: z.unknown().optional() })).optional(),
});

/**
 * Returns the JSON of arguments that are written as text without quotes: a value is a string, unless its schema has another
 * type and the text is JSON.
 */
export function typedArguments(
  name: string,
  values: readonly (readonly [key: string, text: string])[],
  { functions }: Pick<ReadingContext, 'functions'>,
): string {
  const { properties = {} } = parametersSchema.safeParse(functions.get(name)).data ?? {};
  const members = values.map(([key, text]) => {
    const schema = Object.hasOwn(properties, key) ? properties[key] : undefined;
    return `${JSON.stringify(key)}: ${valueText(text, schema)}`;
  });
  return `{${members.join(', ')}}`;
}

function valueText(text: string, schema: { readonly type?: unknown } | undefined): string {
  const types = [schema?.type ?? []].flat();
  const isText = types.length === 0 ? schema === undefined : types.includes('string');
  const trimmed = text.trim();
  // Templates write these words as Python has them.
  const json = pythonWords.get(trimmed) ?? trimmed;
  return !isText && isJson(json) ? json : JSON.stringify(text);
}

const pythonWords: ReadonlyMap<string, string> = new Map([
  ['True', 'true'],
  ['False', 'false'],
  ['None', 'null'],
]);
