import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';

const root = join(import.meta.dirname, '../..');
const ruleSchema = z.looseObject({ name: z.string(), from: z.looseObject({ pathNot: z.unknown().optional() }) });
const { forbidden } = z
  .object({ forbidden: z.array(ruleSchema) })
  .parse(createRequire(import.meta.url)(join(root, '.dependency-cruiser.cjs')));

/** Files that may import inner modules of the engine, as the lint lists them. */
function exceptionsOf(rule: string): string[] {
  const patterns = z.array(z.string()).parse(forbidden.find(({ name }) => name === rule)?.from.pathNot);
  return patterns.map((pattern) => pattern.replace(/^\^|\$$/g, '').replaceAll('[.]', '.'));
}

test('both rules have the same exceptions, and no more than ten', () => {
  const exceptions = exceptionsOf('engine-by-its-interface');
  expect(exceptionsOf('bench-by-the-engines-interface')).toEqual(exceptions);
  expect(exceptions.length).toBeLessThanOrEqual(10);
});

test.each(exceptionsOf('engine-by-its-interface'))('%s still needs its exception', (file) => {
  expect(existsSync(join(root, file))).toBe(true);
  const inner =
    /(?:from|import\()\s*'[^']*src-main\/engine\/(?!api\/)[^']+'|import\('\.\.\/\.\.\/engine\/(?!api\/)[^']+'\)/;
  expect(readFileSync(join(root, file), 'utf8')).toMatch(inner);
});
