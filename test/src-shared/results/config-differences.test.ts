import { expect, test } from 'vitest';
import { runConfigSchema } from '../../../src-shared/domain/runs/run.ts';
import { configDifferences, groupDifferences } from '../../../src-shared/results/config-differences.ts';

test('only the settings that differ are listed; CoTo switched off has no values of its own', () => {
  const rows = configDifferences([
    runConfigSchema.parse({ seed: 1, adapter: { target_modules: ['q_proj', 'v_proj'] } }),
    runConfigSchema.parse({ seed: 2, adapter: { target_modules: ['q_proj', 'v_proj'] }, coto: { initial_p: 0 } }),
  ]);
  expect(rows).toContainEqual({ name: 'seed', values: ['1', '2'] });
  expect(rows).toContainEqual({ name: 'coto', values: ['off', 'on'] });
  expect(rows).toContainEqual({ name: 'coto.initial_p', values: [null, '0'] });
  // If CoTo has its usual settings, the row that it is on says enough.
  expect(rows.map((row) => row.name)).not.toContain('coto.final_p');
  expect(rows.map((row) => row.name)).not.toContain('adapter.target_modules');
  expect(rows.map((row) => row.name)).not.toContain('learning_rate');
});

test('equal configs have no differences', () => {
  const config = runConfigSchema.parse({});
  expect(configDifferences([config, config])).toEqual([]);
});

test('a group lists every value that its configs have; settings that vary alike in all groups are left out', () => {
  const at = (seed: number, learning_rate: number) => runConfigSchema.parse({ seed, learning_rate });
  expect(
    groupDifferences([
      [at(10, 0.001), at(9, 0.001)],
      [at(9, 0.01), at(10, 0.01)],
    ]),
  ).toEqual([{ name: 'learning_rate', values: ['0.001', '0.01'] }]);
  expect(groupDifferences([[at(10, 0.001), at(9, 0.001)], [at(9, 0.001)]])).toEqual([
    { name: 'seed', values: ['9, 10', '9'] },
  ]);
});
