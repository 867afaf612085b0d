import { expect, it } from 'vitest';
import { NamePattern } from '../../../../src-main/engine/adapters/peft/patterns.ts';
import { compilePythonRegex } from '../../../../src-main/engine/adapters/peft/python-regex.ts';
import { WorkClock } from '../../../../src-main/files/work-clock.ts';

it.each([
  ['a|b', 'b', true],
  ['a|b', 'ab', false],
  ['\\Aab\\Z', 'ab', true],
  ['(?P<x>a)b(?P=x)', 'aba', true],
  ['(?P<x>a)b(?P=x)', 'abb', false],
  ['a(?#a comment)b', 'ab', true],
  ['[]x]+', ']x]', true],
  ['[^]]+', 'ab', true],
  ['[\\d.]+', '1.2', true],
  ['(?i)AB', 'ab', true],
])('%s on %s by full match: %s', (pattern, text, matches) => {
  expect(compilePythonRegex(pattern, 'full', 'target_modules').test(text)).toBe(matches);
});

it.each(['(?>a)', 'a++', '(?x)a', '(a', '(?P=open'])('refuses %s, naming the field', (pattern) => {
  expect(() => compilePythonRegex(pattern, 'full', 'rank_pattern')).toThrow(`rank_pattern: "${pattern}"`);
});

it.each(['(.+)+z', '(?:\\w|.)*!', '(.*)*x', '.*.*.*.*.*.*.*.*.*.*.*.*.*.*z'])(
  'refuses %s for the time it takes, instead of hanging',
  (pattern) => {
    const name = 'model.layers.0.self_attn.q_proj.and.so.on.for.long';
    const expression = compilePythonRegex(pattern, 'full', 'rank_pattern', new WorkClock(100));
    expect(() => expression.test(name)).toThrow('it takes longer than 0.1 s');
  },
);

it('still takes repeated groups that are quick', () => {
  const pattern = compilePythonRegex('(\\w+\\.)+(q|v)_proj', 'full', 'target_modules');
  expect(pattern.test('model.layers.0.self_attn.q_proj')).toBe(true);
  expect(pattern.test('model.layers.0.self_attn.k_proj')).toBe(false);
  const layer = compilePythonRegex('(.*\\.)+layers\\.(?<index>\\d+)\\.', 'start', 'layers_pattern');
  expect(layer.exec('model.layers.12.mlp')?.groups?.['index']).toBe('12');
});

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
  const before = process.cpuUsage();
  expect(() => layerNames.map((name) => ranks.valueOf([name], 8))).toThrow(/^rank_pattern: .*it takes longer than 1 s/);
  expect(process.cpuUsage(before).user / 1e6).toBeLessThan(2.5);
});

it('matches twenty thousand names at once', () => {
  const pattern = Object.fromEntries(Array.from({ length: 20_000 }, (_, key) => [`model.layers.${key}.mlp.fc1`, 4]));
  const before = process.cpuUsage();
  const ranks = new NamePattern({ ...pattern, 'layers.7.self.attn.q_proj.and.so.on': 2 }, 'rank_pattern');
  expect(layerNames.map((name) => ranks.valueOf([name], 8)).filter((rank) => rank === 2)).toHaveLength(1);
  expect(Object.keys(ranks.matching(layerNames))).toEqual(['layers.7.self.attn.q_proj.and.so.on']);
  expect(process.cpuUsage(before).user / 1e6).toBeLessThan(1.5);
});
