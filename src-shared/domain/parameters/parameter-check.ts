import type { z } from 'zod';
import { StudioError } from '../../contract/errors.ts';
import { type Declaration, type ParameterSpec, type ParameterValues, parameterSchema } from './parameter.ts';

/** Returns the parameters with defaults filled in. @throws StudioError invalid_input naming the parameter. */
export function checkedParameters(declaration: Declaration, parameters: ParameterValues): ParameterValues {
  const parsed = parameterSchema(declaration.parameters).safeParse(parameters);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new StudioError(
    'invalid_input',
    `${declaration.label}: ${issue?.path.join('.') || 'parameters'}: ${issue?.message ?? 'not valid'}.`,
    `Parameters: ${declaration.parameters.map((parameter) => parameter.name).join(', ') || 'none'}.`,
  );
}

/** One sentence for each value that its declaration rejects, by parameter name; empty if all are valid. */
export function checkParameters(
  specs: readonly ParameterSpec[],
  values: Readonly<Record<string, unknown>>,
): ReadonlyMap<string, string> {
  const parsed = parameterSchema(specs).safeParse(values);
  const problems = new Map<string, string>();
  for (const issue of parsed.error?.issues ?? [])
    for (const name of namesOf(issue)) if (!problems.has(name)) problems.set(name, describeIssue(issue));
  return problems;
}

/** The first of those sentences, prefixed with the parameter's label; null if all values are valid. */
export function firstProblem(
  specs: readonly ParameterSpec[],
  values: Readonly<Record<string, unknown>>,
): string | null {
  const [found] = checkParameters(specs, values);
  if (found === undefined) return null;
  const [name, sentence] = found;
  return `${specs.find((spec) => spec.name === name)?.label ?? name}: ${sentence}`;
}

/** The values that the declaration knows; values that a form keeps from another method are ignored. */
export function knownValues(specs: readonly ParameterSpec[], values: ParameterValues): ParameterValues {
  const names = new Set(specs.map(({ name }) => name));
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.has(name)));
}

/** Returns the values that the parameters accept. One name may be a number in one method and a list in another. */
export function fittingValues(specs: readonly ParameterSpec[], values: ParameterValues): ParameterValues {
  const fits = (spec: ParameterSpec, value: ParameterValues[string]) =>
    checkParameters([spec], { [spec.name]: value }).size === 0;
  const kept = Object.entries(values).filter(([name, value]) =>
    specs.some((spec) => spec.name === name && fits(spec, value)),
  );
  return Object.fromEntries(kept);
}

function namesOf(issue: z.core.$ZodIssue): string[] {
  if (issue.path.length > 0) return [String(issue.path[0])];
  return issue.code === 'unrecognized_keys' ? issue.keys : [];
}

/** Formats a zod issue as a sentence to show next to its field. */
export function describeIssue(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'too_small':
      if (issue.origin === 'array') return 'Choose at least one.';
      return issue.inclusive === false ? `Must be more than ${issue.minimum}.` : `Must be at least ${issue.minimum}.`;
    case 'too_big':
      return `Must be at most ${issue.maximum}.`;
    case 'invalid_type':
      if (issue.expected === 'int') return 'Enter an integer.';
      if (issue.expected === 'number') return 'Enter a number.';
      if (issue.expected === 'record') return 'Enter name=number, one per line.';
      if (issue.expected === 'array') return 'Enter a list.';
      return `Expected ${issue.expected}.`;
    case 'invalid_value':
      return `One of: ${issue.values.map(String).join(', ')}.`;
    case 'unrecognized_keys':
      return `Unknown setting: ${issue.keys.join(', ')}.`;
    case 'invalid_union': {
      const inner = issue.errors.flat();
      const telling = inner.find((candidate) => candidate.code !== 'invalid_type') ?? inner[0];
      return telling ? describeIssue(telling) : issue.message;
    }
    default:
      return issue.message;
  }
}
