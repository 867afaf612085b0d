import { afterEach, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { parseOptionsFor } from '../../src-shared/parse-options.ts';

afterEach(() => vi.unstubAllGlobals());

/** Counts the functions that zod compiles for the values, each by a new schema. */
function functionsFor(values: readonly unknown[]): number {
  const schema = z.object({ id: z.string(), inner: z.object({ step: z.number() }) });
  let made = 0;
  const counting = new Proxy(Function, {
    construct(target, parameters) {
      made++;
      return Reflect.construct(target, parameters);
    },
  });
  vi.stubGlobal('Function', counting);
  for (const value of values) schema.parse(value, parseOptionsFor(values));
  return made;
}

test('a few values are read by their schema as it is, many by functions made for it', () => {
  const value = { id: 'a', inner: { step: 1 } };
  expect(functionsFor([value, value])).toBe(0);
  expect(functionsFor(Array.from({ length: 200 }, () => value))).toBeGreaterThan(0);
  expect(parseOptionsFor(value)).toEqual({ jitless: true });
});
