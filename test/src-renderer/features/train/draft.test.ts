import { expect, test } from 'vitest';
import { adapterVariants } from '../../../../src-main/engine/adapters/variants/index.ts';
import {
  checkDraft,
  configInputOf,
  defaultDraft,
  differingFields,
  draftOf,
} from '../../../../src-renderer/features/train/draft.ts';
import { runConfigSchema } from '../../../../src-shared/domain/runs/run.ts';

const variants = adapterVariants.map(({ declaration }) => declaration);

test('a config survives the way through the form', () => {
  const config = runConfigSchema.parse({
    adapter: { r: 4, target_modules: ['q_proj', 'v_proj'], rank_pattern: { q_proj: 2 } },
    coto: { initial_p: 0.2 },
    learning_rate: 3e-3,
    data_seed: 7,
  });
  expect(runConfigSchema.parse(configInputOf(draftOf(config), variants))).toEqual(config);
  const plain = runConfigSchema.parse({});
  expect(runConfigSchema.parse(configInputOf(draftOf(plain), variants))).toEqual(plain);
});

test('names settings that differ from the default, and those of CoTo only while it is on', () => {
  expect(differingFields(defaultDraft, variants)).toEqual([]);
  const off = { ...defaultDraft, 'adapter.r': 4, 'coto.initial_p': 0.5 };
  expect(differingFields(off, variants)).toEqual(['adapter.r']);
  expect(differingFields({ ...off, coto: true }, variants).sort()).toEqual(['adapter.r', 'coto', 'coto.initial_p']);
});

test('parameters have the defaults of their variant, and those of another variant are left out', () => {
  const [lora] = variants;
  const plain = { id: 'plain', label: 'Plain', summary: '', parameters: [] };
  expect(checkDraft(defaultDraft, variants).config?.adapter.parameters).toEqual(
    Object.fromEntries(lora?.parameters.map((spec) => [spec.name, spec.default]) ?? []),
  );
  const changed = { ...defaultDraft, 'adapter.r': 4, 'adapter.variant': 'plain' };
  expect(checkDraft(changed, [...variants, plain]).config?.adapter.parameters).toEqual({});
  expect(differingFields(changed, [...variants, plain])).toEqual(['adapter.variant']);
});

test('each wrong field has its own sentence', () => {
  const check = checkDraft(
    {
      ...defaultDraft,
      coto: true,
      'coto.initial_p': 1.5,
      'adapter.r': 0,
      'adapter.target_modules': [],
      learning_rate: '',
      seed: 1.5,
      weight_decay: 'much',
    },
    variants,
  );
  expect(check.ok).toBe(false);
  expect(Object.fromEntries(check.problems)).toEqual({
    'coto.initial_p': 'Must be at most 1.',
    'adapter.r': 'Must be at least 1.',
    'adapter.target_modules': 'Choose at least one.',
    learning_rate: 'Enter a number.',
    seed: 'Enter an integer.',
    weight_decay: 'Enter a number.',
  });
  expect(checkDraft({ ...defaultDraft, learning_rate: 0 }, variants).problems.get('learning_rate')).toBe(
    'Must be more than 0.',
  );
});
