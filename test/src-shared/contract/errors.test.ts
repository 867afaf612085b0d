import { expect, test } from 'vitest';
import { z } from 'zod';
import { errorValueSchema, inField, StudioError, toErrorValue } from '../../../src-shared/contract/errors.ts';

const refusal = () => new StudioError('refused', 'The rank is too high.', 'Lower it.');

test('an error keeps its field through a wire', () => {
  const value = errorValueSchema.parse(structuredClone(toErrorValue(refusal().at('adapter.r'))));
  const received = StudioError.fromValue(value);
  expect(received).toMatchObject({ code: 'refused', message: 'The rank is too high.', field: 'adapter.r' });
  expect(received.withMessage('run.yaml: The rank is too high.').field).toBe('adapter.r');
});

test('an error without a field has the shape that older versions read', () => {
  expect(Object.keys(toErrorValue(refusal())).sort()).toEqual(['code', 'details', 'hint', 'message']);
  expect(errorValueSchema.parse({ code: 'refused', message: 'No.', hint: null, details: null }).field).toBeUndefined();
});

test('the innermost check names the field', async () => {
  const check = (field: string) => inField('model', () => inField(field, () => Promise.reject(refusal())));
  await expect(check('adapter.r')).rejects.toMatchObject({ field: 'adapter.r' });
  await expect(inField('model', () => Promise.reject(refusal()))).rejects.toMatchObject({ field: 'model' });
  await expect(inField('model', () => 3)).resolves.toBe(3);
  await expect(inField('model', () => Promise.reject(new TypeError('a fault')))).rejects.toBeInstanceOf(TypeError);
});

const schema = z.strictObject({
  learning_rate: z.number(),
  adapter: z.strictObject({ r: z.number(), target_modules: z.union([z.string(), z.array(z.string())]) }),
});

test.each([
  ['a value', { learning_rate: 'fast' }, 'learning_rate'],
  ['a nested value', { adapter: { r: 'four', target_modules: 'q' } }, 'adapter.r'],
  ['an item of a list', { adapter: { r: 4, target_modules: ['q', 7] } }, 'adapter.target_modules'],
  ['an unknown key', { adapter: { r: 4, target_modules: 'q', rnak: 3 } }, 'adapter.rnak'],
])('a schema names the field of %s', (_, changes, field) => {
  const { error } = schema.safeParse({
    learning_rate: 1e-3,
    adapter: { r: 4, target_modules: 'q' },
    ...changes,
  });
  expect(toErrorValue(error).field).toBe(field);
});
