import { expect, it } from 'vitest';
import { compilePythonRegex } from '../../../../src-main/engine/adapters/targets/python-regex.ts';
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

it.each(['(.+)+z', '(?:\\w|.)*!', '(.*)*x', '.*.*.*.*.*.*.*.*.*.*.*.*.*.*z', `${'(e|.|\\w)'.repeat(40)}z`])(
  'refuses %s for the time it takes, instead of hanging',
  (pattern) => {
    const name = 'model.layers.0.self_attn.q_proj.and.so.on.for.long';
    const expression = compilePythonRegex(pattern, 'full', 'rank_pattern', new WorkClock(100));
    expect(() => expression.test(name)).toThrow('it takes longer than 0.1 s');
  },
);

it.each([
  ...[25, 45, 1000].map((times) => `${'.?'.repeat(times)}${'.'.repeat(times)}z`),
  ...['(a|.)?', '(a|)', '(?:|a)', 'a{0,1}', '[^?]??'].map((part) => part.repeat(40)),
])('refuses %s, whose compilation nothing can interrupt', (pattern) => {
  expect(() => compilePythonRegex(pattern, 'full', 'rank_pattern')).toThrow('optional parts, more than 20');
});

it('still takes repeated groups that are quick', () => {
  const pattern = compilePythonRegex('(\\w+\\.)+(q|v)_proj', 'full', 'target_modules');
  expect(pattern.test('model.layers.0.self_attn.q_proj')).toBe(true);
  expect(pattern.test('model.layers.0.self_attn.k_proj')).toBe(false);
  const layer = compilePythonRegex('(.*\\.)+layers\\.(?<index>\\d+)\\.', 'start', 'layers_pattern');
  expect(layer.exec('model.layers.12.mlp')?.groups?.['index']).toBe('12');
});
