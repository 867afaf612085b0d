import { type ParameterSpec, type ParameterValue, parameterValueSchema } from './parameter.ts';

/**
 * Parses text as typed in a field or after an option into the parameter's value. Numbers may have a decimal comma;
 * lists are "q_proj, v_proj", lists by module are JSON, maps "q_proj=16, v_proj=8" (or a line each, with a colon). Text that does not parse is
 * returned unchanged, and the schema then rejects it by the parameter's name.
 */
export function valueFromText(spec: Pick<ParameterSpec, 'type' | 'nullable'>, text: string): ParameterValue {
  const trimmed = text.trim();
  if (spec.nullable && (trimmed === '' || trimmed === 'null' || trimmed === 'none')) return null;
  switch (spec.type) {
    case 'integer':
    case 'number':
      return numberFromText(text);
    case 'boolean':
      return trimmed === 'true' ? true : trimmed === 'false' ? false : text;
    case 'choice':
      return trimmed;
    case 'text':
      return text;
    case 'text-list':
      return entries(unbracketed(trimmed));
    case 'tokens':
      return tokensFromText(trimmed);
    case 'integer-list':
    case 'number-list': {
      const numbers = entries(unbracketed(trimmed)).map(Number);
      return numbers.every(Number.isFinite) ? numbers : text;
    }
    case 'integer-map':
    case 'number-map':
      return mapFromText(trimmed);
    case 'text-or-list':
      // A regular expression may hold commas too: only plain names set apart by commas, or brackets, are a list.
      return /^\[.*\]$/s.test(trimmed) || /^[\w.-]+(\s*,\s*[\w.-]+)+$/.test(trimmed)
        ? entries(unbracketed(trimmed))
        : trimmed;
  }
}

/** Formats a value as `valueFromText` parses it, for a field, an option's default or a card; "" for null. */
export function textOfValue(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.join(', ');
  if (typeof value === 'object' && Object.values(value).some(Array.isArray)) return JSON.stringify(value);
  if (typeof value === 'object')
    return Object.entries(value)
      .map(([name, number]) => `${name}=${number}`)
      .join(', ');
  return String(value);
}

/** Describes the values of a parameter: "number from 0 to 1", "list of integers", "even or odd". */
export function rangeWords(spec: ParameterSpec): string {
  const range = [
    spec.minimum === undefined ? '' : ` from ${spec.minimum}`,
    spec.above === undefined ? '' : ` above ${spec.above}`,
    spec.maximum === undefined
      ? ''
      : ` ${spec.minimum === undefined && spec.above === undefined ? 'up ' : ''}to ${spec.maximum}`,
  ].join('');
  switch (spec.type) {
    case 'integer':
    case 'number':
      return `${spec.type}${range}`;
    case 'boolean':
      return spec.nullable ? 'true, false or null' : 'true or false';
    case 'choice':
      return (spec.choices ?? []).map(({ value }) => value).join(' or ');
    case 'text':
      return spec.names === 'column' ? 'name of a column' : spec.names === 'file' ? 'path of a file' : 'text';
    case 'text-list':
      return 'list of texts';
    case 'integer-list':
    case 'number-list':
      return `list of ${spec.type === 'integer-list' ? 'integers' : 'numbers'}${range}`;
    case 'integer-map':
    case 'number-map':
      return `${spec.type === 'integer-map' ? 'integer' : 'number'}${range} by name`;
    case 'text-or-list':
      return [...(spec.choices ?? []).map(({ value }) => value), 'list of names', 'regular expression'].join(' or ');
    case 'tokens':
      return 'list of tokens, by text or id, or such a list by name of embedding or head';
  }
}

/** The text as a number, or unchanged if it is none. */
export function numberFromText(text: string): number | string {
  const trimmed = text.trim().replace(',', '.');
  if (trimmed === '') return '';
  const value = Number(trimmed);
  return Number.isFinite(value) ? value : text;
}

function mapFromText(text: string): Record<string, number> | string {
  const map: Record<string, number> = {};
  for (const entry of entries(text.replace(/^\{(.*)\}$/s, '$1'))) {
    const [, name, number] = /^(.+?)\s*[=:]\s*([^=:]+)$/.exec(entry) ?? [];
    const value = number === undefined ? '' : numberFromText(number);
    if (name === undefined || typeof value !== 'number') return text;
    map[name] = value;
  }
  return map;
}

/** Lists by module as JSON, or one list, in which a number is an id. */
function tokensFromText(text: string): ParameterValue {
  if (text.startsWith('{')) {
    try {
      return parameterValueSchema.parse(JSON.parse(text));
    } catch {
      return text;
    }
  }
  return entries(unbracketed(text)).map((entry) => (/^\d+$/.test(entry) ? Number(entry) : entry));
}

function entries(text: string): string[] {
  return text
    .split(/[,\n]/)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

function unbracketed(text: string): string {
  return text.replace(/^\[(.*)\]$/s, '$1');
}
