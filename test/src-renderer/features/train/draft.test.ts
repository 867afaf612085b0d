import { expect, test } from 'vitest';
import {
  checkDraft,
  configInputOf,
  defaultDraft,
  differingFields,
  draftOf,
  numberFromText,
} from '../../../../src-renderer/features/train/draft.ts';
import { runConfigSchema } from '../../../../src-shared/domain/run.ts';

test('a config survives the way through the form', () => {
  const config = runConfigSchema.parse({
    adapter: { r: 4, target_modules: ['q_proj', 'v_proj'], rank_pattern: { q_proj: 2 } },
    coto: { initial_p: 0.2 },
    learning_rate: 3e-3,
    data_seed: 7,
  });
  expect(runConfigSchema.parse(configInputOf(draftOf(config)))).toEqual(config);
  const plain = runConfigSchema.parse({});
  expect(runConfigSchema.parse(configInputOf(draftOf(plain)))).toEqual(plain);
});

test('what differs from the default is named, and the fields of CoTo only while it is on', () => {
  expect(differingFields(defaultDraft)).toEqual([]);
  const off = { ...defaultDraft, 'adapter.r': 4, 'coto.initial_p': 0.5 };
  expect(differingFields(off)).toEqual(['adapter.r']);
  expect(differingFields({ ...off, coto: true }).sort()).toEqual(['adapter.r', 'coto', 'coto.initial_p']);
});

test('each wrong field has its own sentence', () => {
  const check = checkDraft({
    ...defaultDraft,
    coto: true,
    'coto.initial_p': 1.5,
    'adapter.r': 0,
    'adapter.target_modules': [],
    learning_rate: '',
    seed: 1.5,
    weight_decay: 'much',
  });
  expect(check.ok).toBe(false);
  expect(Object.fromEntries(check.problems)).toEqual({
    'coto.initial_p': 'Must be at most 1.',
    'adapter.r': 'Must be at least 1.',
    'adapter.target_modules': 'Choose at least one.',
    learning_rate: 'A number is needed.',
    seed: 'A whole number is needed.',
    weight_decay: 'A number is needed.',
  });
  expect(checkDraft({ ...defaultDraft, learning_rate: 0 }).problems.get('learning_rate')).toBe('Must be more than 0.');
});

test('numbers are read as people write them', () => {
  expect(numberFromText(' 2e-4 ')).toBe(2e-4);
  expect(numberFromText('0,5')).toBe(0.5);
  expect(numberFromText('')).toBe('');
  expect(numberFromText('1e')).toBe('1e');
});
