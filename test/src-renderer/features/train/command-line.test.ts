// @vitest-environment node
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { applyAssignments } from '../../../../src-main/cli/commands/train.ts';
import { adapterVariants } from '../../../../src-main/engine/adapters/variants/index.ts';
import { trainAssignments, trainCommand } from '../../../../src-renderer/features/train/command-line.ts';
import { checkDraft, defaultDraft } from '../../../../src-renderer/features/train/draft.ts';
import { checkRunInput } from '../../../../src-shared/domain/runs/run-check.ts';

const variants = adapterVariants.map(({ declaration }) => declaration);
const read = (yaml: string) => checkRunInput(parse(yaml), variants).config;

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
  const run = read(applyAssignments('', trainAssignments(draft, variants)));
  expect(run).toEqual(checkDraft(draft, variants).config);
  const regex = { ...defaultDraft, 'adapter.target_modules': '.*\\.(q_proj|v_proj)', coto: true };
  expect(read(applyAssignments('', trainAssignments(regex, variants)))).toEqual(checkDraft(regex, variants).config);
});

test('quotes for a shell, one setting a line', () => {
  expect(trainCommand({ ...defaultDraft, coto: true, 'adapter.target_modules': ["it's"] }, variants)).toBe(
    [
      'coto train \\',
      '  --set model=quickdraw-vit \\',
      '  --set dataset=fashion-mnist-small \\',
      "  --set 'coto={}' \\",
      `  --set 'adapter.target_modules=["it'\\''s"]'`,
    ].join('\n'),
  );
});
