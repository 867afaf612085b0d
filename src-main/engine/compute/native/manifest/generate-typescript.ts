import { enums, families, structs } from './index.ts';
import type { EnumSpec, StructSpec } from './kernel-spec.ts';
import { camelCase, comment, type Parameter, parseParameter, parseParameters } from './signature.ts';

interface Call {
  readonly name: string;
  readonly doc: string;
  readonly params: string;
  readonly returns?: 'bool' | 'double';
}

const enumNames = new Set(enums.map(({ name }) => name));
const structFields = new Map(
  structs.map(({ name, fields }) => [name, fields.map((entry) => (typeof entry === 'string' ? entry : entry[0]))]),
);
const calls: readonly Call[] = families.flatMap(({ kernels, functions = [] }) => [
  // The kernels' own success codes are only used in C++.
  ...kernels.filter(({ isInternal }) => isInternal !== true).map(({ name, doc, params }) => ({ name, doc, params })),
  ...functions,
]);

/** The types of the addon's kernels, their list, and a method for each that passes its parameters. */
export function kernelCalls(): string {
  const used = new Set(calls.flatMap(({ params }) => parseParameters(params).map(({ type }) => type)));
  return `// Made by npm run make:kernels from manifest/: do not edit.

declare const handleBrand: unique symbol;

/** The number of a tensor in the addon's memory. */
export type Handle = number & { readonly [handleBrand]: true };

/** A handle, or 0: no tensor. */
export type OptionalHandle = Handle | 0;

${enums.map(enumeration).join('\n')}
${structs
  .filter(({ name }) => used.has(name))
  .map(structure)
  .join('\n')}
type Argument = number | boolean | Float64Array;

/** The addon's exports for its kernels: parameters one after another, a shape as its rank and its sizes. */
export interface KernelFunctions {
${calls.map(({ name, returns }) => `  ${camelCase(name)}(...parameters: readonly Argument[]): ${resultOf(returns)};\n`).join('')}}

export const kernelNames: readonly (keyof KernelFunctions)[] = [
${calls.map(({ name }) => `  '${camelCase(name)}',\n`).join('')}];

/** The addon's kernels. */
export class NativeKernels {
  private readonly addon: KernelFunctions;

  constructor(addon: KernelFunctions) {
    this.addon = addon;
  }
${calls.map(method).join('')}}
`;
}

function enumeration({ name, doc, members }: EnumSpec): string {
  const names = members.map((entry) => (typeof entry === 'string' ? entry : entry[0]));
  const codes = names.map((member, at) => `  ${member}: ${at},\n`).join('');
  return `${doc === undefined ? '' : comment(doc, '')}export type ${name} = keyof typeof ${codesOf(name)};\n\nconst ${codesOf(name)} = {\n${codes}} as const;\n`;
}

function structure({ name, doc, fields }: StructSpec): string {
  const lines = fields.map((entry) => {
    const [text, remark] = typeof entry === 'string' ? [entry] : entry;
    const field = parseParameter(text);
    const optional = field.default === null ? '' : '?';
    const undefinedToo = optional === '' ? '' : ' | undefined';
    return `${remark === undefined ? '' : comment(remark, '  ')}  readonly ${camelCase(field.name)}${optional}: ${typeOf(field)}${undefinedToo};\n`;
  });
  return `${comment(doc, '')}export interface ${name} {\n${lines.join('')}}\n`;
}

function method({ name, doc, params, returns }: Call): string {
  const parameters = parseParameters(params);
  const head = parameters.map((parameter) => `${camelCase(parameter.name)}: ${typeOf(parameter)}`);
  const result = resultOf(returns);
  const call = callOf(name, parameters.flatMap(handedOver));
  const body = `    ${result === 'void' ? '' : 'return '}${call};\n`;
  return `\n${comment(doc, '  ')}  ${broken(`${camelCase(name)}(`, head, `): ${result} {`, 2)}\n${body}  }\n`;
}

function callOf(name: string, handed: readonly string[]): string {
  return broken(`this.addon.${camelCase(name)}(`, handed, ')', 4, ';');
}

/** On one line if it fits, else one part per line. */
function broken(open: string, parts: readonly string[], close: string, indent: number, after = ''): string {
  const line = `${open}${parts.join(', ')}${close}`;
  if (indent + line.length + after.length <= 120) return line;
  const space = ' '.repeat(indent);
  return `${open}\n${parts.map((part) => `${space}  ${part},\n`).join('')}${space}${close}`;
}

/** The arguments of the addon for a parameter. */
function handedOver(parameter: Parameter): string[] {
  const name = camelCase(parameter.name);
  const fields = structFields.get(parameter.type);
  if (fields !== undefined)
    return fields.map((text) => {
      const field = parseParameter(text);
      const own = `${name}.${camelCase(field.name)}`;
      return field.default === null ? own : `${own} ?? ${inTypeScript(field.default)}`;
    });
  if (parameter.type === 'Shape') return [`${name}.length`, `...${name}`];
  if (parameter.type === 'Axes') return [`...${name}`];
  return [enumNames.has(parameter.type) ? `${codesOf(parameter.type)}[${name}]` : name];
}

function typeOf({ type, isOptional }: Parameter): string {
  if (type.endsWith('*') || type === 'Weight') return isOptional ? 'OptionalHandle' : 'Handle';
  if (type === 'Shape' || type === 'Axes') return 'readonly number[]';
  if (type === 'bool') return 'boolean';
  if (type === 'Float64Array' || enumNames.has(type) || structFields.has(type)) return type;
  return 'number';
}

function inTypeScript(value: string): string {
  return value === 'nullptr' ? '0' : value;
}

function resultOf(returns: 'bool' | 'double' | undefined): string {
  return returns === undefined ? 'void' : returns === 'bool' ? 'boolean' : 'number';
}

function codesOf(name: string): string {
  return `${name.slice(0, 1).toLowerCase()}${name.slice(1)}Codes`;
}
