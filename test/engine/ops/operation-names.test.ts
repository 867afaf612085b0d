import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const engine = fileURLToPath(new URL('../../../src-main/engine', import.meta.url));

it('no two files define operations of one name: the kernel of the first would run for both', () => {
  const files = readdirSync(engine, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && readFileSync(join(engine, file), 'utf8').includes('defineOperation('),
  );
  const named = files.flatMap((file) => {
    const names = [...readFileSync(join(engine, file), 'utf8').matchAll(/name: '(Coto\w+)'/g)];
    return [...new Set(names.map(([, name = '']) => name))].map((name) => ({ name, file }));
  });
  expect(named.length).toBeGreaterThan(50);
  const byName = Map.groupBy(named, ({ name }) => name);
  expect([...byName].filter(([, all]) => all.length > 1)).toEqual([]);
});
