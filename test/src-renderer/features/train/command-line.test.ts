import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { applyAssignments } from '../../../../src-main/cli/commands/train.ts';
import { trainAssignments, trainCommand } from '../../../../src-renderer/features/train/command-line.ts';
import { checkDraft, defaultDraft } from '../../../../src-renderer/features/train/draft.ts';
import { runConfigSchema } from '../../../../src-shared/domain/run.ts';

test('the command makes the very run of the form', () => {
  const draft = {
    ...defaultDraft,
    dataset: '/data/my set',
    coto: true,
    'coto.initial_p': 0,
    'adapter.target_modules': ['q_proj', 'v_proj'],
    'adapter.rank_pattern': { q_proj: 2 },
    learning_rate: 2e-7,
    data_seed: 3,
    load_best_model_at_end: true,
  };
  const run = runConfigSchema.parse(parse(applyAssignments('', trainAssignments(draft))));
  expect(run).toEqual(checkDraft(draft).config);
  const regex = { ...defaultDraft, 'adapter.target_modules': '.*\\.(q_proj|v_proj)', coto: true };
  expect(runConfigSchema.parse(parse(applyAssignments('', trainAssignments(regex))))).toEqual(checkDraft(regex).config);
});

test('it is quoted for a shell, one setting a line', () => {
  expect(trainCommand({ ...defaultDraft, coto: true, 'adapter.target_modules': ["it's"] })).toBe(
    [
      'coto train \\',
      '  --set model=quickdraw-vit \\',
      '  --set dataset=fashion-mnist-small \\',
      "  --set 'coto={}' \\",
      `  --set 'adapter.target_modules=["it'\\''s"]'`,
    ].join('\n'),
  );
});
