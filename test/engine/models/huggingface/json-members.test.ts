import { expect, it } from 'vitest';
import { withMembers } from '../../../../src-main/engine/models/huggingface/json-members.ts';

const text = `{
  "a": 1.0, "nested": { "b": 1e-5, "list": [1.0, {"deep": "x,}\\"]"}] },
  "quo\\"ted": "v:{,", "gone": null
}`;

it('replaces and adds members, and leaves every other value as it was written', () => {
  const changed = withMembers(text, { gone: 'here', fresh: { one: 1 } });
  expect(JSON.parse(changed)).toEqual({ ...JSON.parse(text), gone: 'here', fresh: { one: 1 } });
  expect(changed).toContain('"a": 1.0');
  expect(changed).toContain('{ "b": 1e-5, "list": [1.0, {"deep": "x,}\\"]"}] }');
  expect(Object.keys(JSON.parse(changed))).toEqual(['a', 'nested', 'quo"ted', 'gone', 'fresh']);
});

it('writes an object that was empty', () => {
  expect(JSON.parse(withMembers('{}', { a: [1] }))).toEqual({ a: [1] });
});

it('a member is left out', () => {
  expect(JSON.parse(withMembers('{"a": 1, "b": {"c": 2}, "d": 3}', { b: undefined, e: undefined, d: 4 }))).toEqual({
    a: 1,
    d: 4,
  });
});
