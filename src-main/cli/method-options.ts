import { type Command, InvalidArgumentError, Option } from 'commander';
import { StudioError } from '../../src-shared/contract/errors.ts';
import type {
  Declaration,
  ParameterSpec,
  ParameterValue,
  ParameterValues,
} from '../../src-shared/domain/parameters/parameter.ts';
import { checkParameters } from '../../src-shared/domain/parameters/parameter-check.ts';
import { rangeWords, textOfValue, valueFromText } from '../../src-shared/domain/parameters/parameter-text.ts';
import { addHelpGroups } from './help/groups.ts';

/** Longer lists of choices are in the text of an option, not in its placeholder. */
const maxListedLength = 60;

/**
 * Adds an option for each parameter that any of the methods declares, e.g. --sparsity <number>, and --set name=value. The help
 * of the command lists the methods, and shows the options of one at a time.
 */
export function addMethodOptions(
  command: Command,
  methods: readonly Declaration[],
  { heading, noun, option = null }: { heading: string; noun: string; option?: string | null },
): void {
  const isOnly = methods.length === 1;
  const specs = new Map(methods.flatMap(({ parameters }) => parameters.map((spec) => [spec.name, spec] as const)));
  for (const spec of specs.values()) {
    const added = new Option(optionOf(spec), parameterText(spec));
    command.addOption(isOnly ? added.helpGroup(`${heading}:`) : added.hideHelp());
  }
  command.option('--set <name=value...>', 'parameters by name', parseAssignment);
  if (!isOnly) addHelpGroups(command, { heading, noun, option, areOptions: true, groups: methods });
}

/** An option for a declared number, with its default; `alias` is another long name for it. */
export function addNumberOption(command: Command, specs: readonly ParameterSpec[], name: string, alias?: string): void {
  const spec = specOf(specs, name);
  const flags = [...(alias === undefined ? [] : [alias]), `--${optionName(name)}`].join(', ');
  command.option(`${flags} <${placeholder(spec)}>`, spec.help, parseNumber, Number(spec.default));
}

/** The same for a number that the model may have a default of its own for: undefined where it is not given. */
export function addModelNumberOption(command: Command, specs: readonly ParameterSpec[], name: string): void {
  const spec = specOf(specs, name);
  const help = `${spec.help} Default: the model's, else ${defaultWords(spec)}.`;
  command.option(optionOf(spec), help, parseNumber);
}

function specOf(specs: readonly ParameterSpec[], name: string): ParameterSpec {
  const spec = specs.find((one) => one.name === name);
  if (spec === undefined) throw new Error(`There is no parameter ${name} to make an option of.`);
  return spec;
}

/** The parameters of the chosen method that were given, as their declared types; a parameter of another method is refused. */
export function givenParameters(
  methods: readonly Declaration[],
  methodId: string,
  options: Readonly<Record<string, unknown>>,
  noun = 'method',
): ParameterValues {
  const method = methods.find((known) => known.id === methodId);
  if (method === undefined)
    throw new StudioError(
      'not_found',
      `There is no ${noun} "${methodId}".`,
      `Choose one of ${methods.map(({ id }) => id).join(', ')}.`,
    );
  const texts = givenTexts(methods, options);
  const values: ParameterValues = {};
  for (const [name, text] of texts) {
    const spec = method.parameters.find((known) => known.name === name);
    if (spec === undefined)
      throw new StudioError(
        'invalid_input',
        `The method ${methodId} has no parameter "${name}".`,
        `It has ${method.parameters.map((known) => known.name).join(', ') || 'none'}.`,
      );
    values[name] = typedValue(spec, text);
  }
  return values;
}

/** Returns true if any parameter of the methods was set, by its option or by --set. */
export function hasMethodOptions(methods: readonly Declaration[], options: Readonly<Record<string, unknown>>): boolean {
  return givenTexts(methods, options).size > 0;
}

function givenTexts(
  methods: readonly Declaration[],
  options: Readonly<Record<string, unknown>>,
): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const name of new Set(methods.flatMap((known) => known.parameters.map((spec) => spec.name)))) {
    const text = options[camelCase(optionName(name))];
    if (typeof text === 'string') texts.set(name, text);
  }
  const set = options['set'];
  if (typeof set === 'object' && set !== null)
    for (const [name, text] of Object.entries(set)) texts.set(name, String(text));
  return texts;
}

function typedValue(spec: ParameterSpec, text: string): ParameterValue {
  const value = valueFromText(spec, text);
  const isNumber = spec.type === 'integer' || spec.type === 'number';
  if (isNumber && value !== null && typeof value !== 'number')
    throw new StudioError('invalid_input', `${spec.name} is "${text}", not a number.`);
  if (spec.type === 'boolean' && typeof value !== 'boolean')
    throw new StudioError('invalid_input', `${spec.name} is "${text}", not true or false.`);
  const problem = checkParameters([spec], { [spec.name]: value }).get(spec.name);
  if (problem !== undefined)
    throw new StudioError('invalid_input', `${spec.name} is "${text}": ${problem}`, `It takes: ${rangeWords(spec)}.`);
  return value;
}

/** Collects --set a=1 b=2 into one object. */
export function parseAssignment(text: string, before: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError(`"${text}" is not name=value.`);
  return { ...before, [text.slice(0, at).trim()]: text.slice(at + 1) };
}

export function parseNumber(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) throw new InvalidArgumentError(`"${text}" is not a number.`);
  return value;
}

/** For options that take several numbers. */
export function collectNumber(text: string, before: readonly number[] = []): number[] {
  return [...before, parseNumber(text)];
}

function optionName(parameter: string): string {
  return parameter.replaceAll('_', '-');
}

function camelCase(option: string): string {
  return option.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** Help, range, unit and default of a parameter. */
export function parameterText(spec: ParameterSpec): string {
  const unit = spec.unit ? `, ${spec.unit}` : '';
  const range = listedChoices(spec) === null || spec.nullable ? `${rangeWords(spec)}${unit}; ` : '';
  return `${spec.help} (${range}default ${defaultWords(spec)})`;
}

/** Flags of a parameter's option: "--sparsity <number>". */
export function optionOf(spec: ParameterSpec): string {
  return `--${optionName(spec.name)} <${placeholder(spec)}>`;
}

function defaultWords(spec: ParameterSpec): string {
  return textOfValue(spec.default).trim() || spec.empty || 'none';
}

function placeholder(spec: ParameterSpec): string {
  return listedChoices(spec) ?? spec.type;
}

/** Choices as a placeholder lists them; null if they are too many for it. */
function listedChoices({ type, choices = [] }: ParameterSpec): string | null {
  const listed = choices.map(({ value }) => value).join('|');
  return type === 'choice' && listed.length <= maxListedLength ? listed : null;
}
