import { z } from 'zod';
import type { ParameterSpec, ParameterValue, ParameterValues } from './parameter.ts';

const numbersByName = z.record(z.string(), z.number());

/** Reads validated parameters by their declared types. @throws Error on a value of another type, which is a bug */
export function numberOf(values: ParameterValues, name: string): number {
  const value = values[name];
  if (typeof value !== 'number') throw mismatch(name, 'a number', value);
  return value;
}

export function mapOf(values: ParameterValues, name: string): Readonly<Record<string, number>> {
  const parsed = numbersByName.safeParse(values[name]);
  if (!parsed.success) throw mismatch(name, 'a map of numbers', values[name]);
  return parsed.data;
}

function mismatch(name: string, expected: string, value: unknown): Error {
  return new Error(`the parameter ${name} is ${JSON.stringify(value)}, not ${expected}`);
}

/** The rank among a variant's parameters; null if it has none, or another setting in its place (OFT's r of 0). */
export function rankOf({ r }: ParameterValues): number | null {
  return typeof r === 'number' && r > 0 ? r : null;
}

/** "r 8": the rank as badges and names show it; null if the variant has none. */
export function rankText(values: ParameterValues): string | null {
  const rank = rankOf(values);
  return rank === null ? null : `r ${rank}`;
}

/** Returns true if a parameter has an effect, given the value of the parameter that it depends on. */
export function isInUse(
  { when }: ParameterSpec,
  specs: readonly ParameterSpec[],
  valueIn: (spec: ParameterSpec) => ParameterValue,
): boolean {
  const other = specs.find(({ name }) => name === when?.name);
  return when === undefined || other === undefined || when.values.includes(String(valueIn(other)));
}
