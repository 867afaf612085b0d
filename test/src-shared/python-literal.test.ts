import { describe, expect, it } from 'vitest';
import { parsePythonLiteral } from '../../src-shared/python-literal.ts';

describe('values as Python writes them', () => {
  it.each([
    ['[]', []],
    ["['a', \"it's\", (1, -2.5, 1e3,)]", ['a', "it's", [1, -2.5, 1000]]],
    ["{'a': None, 'b': [True, False], '__proto__': 1}", JSON.parse('{"a": null, "b": [true, false], "__proto__": 1}')],
    ["array(['a'], dtype='<U1')", ['a']],
    ['[np.float32(0.5), np.str_("x")]', [0.5, 'x']],
    [String.raw`'\x41\u00e9\U0001F600\n\\n\'\"\z'`, 'Aé😀\n\\n\'"z'],
  ])('%s', (text, value) => {
    expect(parsePythonLiteral(text)).toEqual(value);
  });

  it.each([
    '',
    '[',
    "['a'",
    "{'a'}",
    '{1: 2}',
    '[1] 2',
    'open("x")',
    'a',
    "'a",
    '['.repeat(100_000),
    String.raw`'\Uffffffff'`,
  ])('refuses %.20s', (text) => {
    expect(() => parsePythonLiteral(text)).toThrow();
  });

  it('takes long texts', () => {
    const text = 'a '.repeat(2 ** 20);
    expect(parsePythonLiteral(`['${text}']`)).toEqual([text]);
  });
});
