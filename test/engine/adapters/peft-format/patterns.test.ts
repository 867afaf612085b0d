import { expect, it, vi } from 'vitest';
import { NamePattern } from '../../../../src-main/engine/adapters/peft-format/patterns.ts';
import { compilePythonRegex } from '../../../../src-main/engine/adapters/targets/python-regex.ts';

vi.mock('../../../../src-main/engine/adapters/targets/python-regex.ts', { spy: true });

it('lets the first matching pattern win, by end, by full name and by regular expression', () => {
  const pattern = { 'layers\\.1\\..*v_proj': 3, 'attention.v_proj': 5, '^vit.layers.2.mlp.fc1': 7, proj: 9 };
  const ranks = new NamePattern(pattern, 'rank_pattern');
  const rankOf = (name: string) => ranks.valueOf([name], 4);
  expect(rankOf('vit.layers.1.attention.v_proj')).toBe(3);
  expect(rankOf('vit.layers.11.attention.v_proj')).toBe(5);
  expect(rankOf('vit.layers.2.mlp.fc1')).toBe(7);
  expect(rankOf('vit.layers.2.attention.q_proj')).toBe(4);
});

const layerNames = Array.from({ length: 200 }, (_, layer) => `model.layers.${layer}.self_attn.q_proj.and.so.on`);

it('gives all keys of a pattern one clock', () => {
  const keys = Array.from({ length: 60 }, (_, key) => [`[a-z._0-9]*[a-z._0-9]*[a-z._0-9]*[a-z._0-9]*!${key}`, 4]);
  const ranks = new NamePattern(Object.fromEntries(keys), 'rank_pattern');
  expect(() => layerNames.map((name) => ranks.valueOf([name], 8))).toThrow(/^rank_pattern: .*it takes longer than 1 s/);
});

it('compiles no expression for twenty thousand names', () => {
  vi.mocked(compilePythonRegex).mockClear();
  const pattern = Object.fromEntries(Array.from({ length: 20_000 }, (_, key) => [`model.layers.${key}.mlp.fc1`, 4]));
  const ranks = new NamePattern({ ...pattern, 'layers.7.self.attn.q_proj.and.so.on': 2 }, 'rank_pattern');
  expect(layerNames.map((name) => ranks.valueOf([name], 8)).filter((rank) => rank === 2)).toHaveLength(1);
  expect(Object.keys(ranks.matching(layerNames))).toEqual(['layers.7.self.attn.q_proj.and.so.on']);
  expect(compilePythonRegex).not.toHaveBeenCalled();
  expect(new NamePattern({ 'layers.(7|8)': 2 }, 'rank_pattern').valueOf(['model.layers.8'], 8)).toBe(2);
  expect(compilePythonRegex).toHaveBeenCalled();
});
