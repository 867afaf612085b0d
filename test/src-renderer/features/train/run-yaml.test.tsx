// @vitest-environment happy-dom
import { act, fireEvent } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { fromYaml } from '../../../../src-main/backend/runs/run-yaml.ts';
import { adapterVariants } from '../../../../src-main/engine/adapters/variants/index.ts';
import { checkDraft } from '../../../../src-renderer/features/train/draft.ts';
import { resetForm, setField, useTrainForm } from '../../../../src-renderer/features/train/draft-store.ts';
import type { RecordNames } from '../../../../src-renderer/features/train/record-names.ts';
import { RunTexts } from '../../../../src-renderer/features/train/run-texts.tsx';
import { readRunYaml, writeRunYaml } from '../../../../src-renderer/features/train/run-yaml.ts';
import { runConfigSchema } from '../../../../src-shared/domain/runs/run.ts';
import { backend, catalog } from '../../fake-backend.ts';
import { renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

const variants = adapterVariants.map(({ declaration }) => declaration);
const names: RecordNames = {
  model: [{ id: 'quickdraw-vit', name: 'QuickDraw ViT' }],
  dataset: [
    { id: 'dataset-1', name: 'My reviews' },
    { id: 'dataset-2', name: 'Twice' },
    { id: 'dataset-3', name: 'Twice' },
  ],
  adapter: [{ id: 'adapter-1', name: 'Seed' }],
};
const read = (text: string) => readRunYaml(text, variants, names);

beforeEach(() => {
  resetForm();
  backend.answers = { 'app.catalog': () => ({ ...catalog, adapterVariants: variants }) };
});

test('names stand in place of ids where they are unique, and are read back', () => {
  const config = checkDraft(
    { ...useTrainForm.getState().draft, dataset: 'dataset-1', 'adapter.r': 4, 'adapter.init_adapter': 'adapter-1' },
    variants,
  ).config;
  if (config === null) throw new Error('not a run');
  const yaml = writeRunYaml(config, variants, names);
  expect(yaml).toBe('model: QuickDraw ViT\ndataset: My reviews\nadapter:\n  r: 4\n  init_adapter: Seed\n');
  expect(read(yaml)).toEqual({ config, problems: [] });
  const twice = writeRunYaml({ ...config, dataset: 'dataset-2' }, variants, names);
  expect(twice).toContain('dataset: dataset-2\n');
  // Without names it is the text of the backend, which reads it too.
  const plain = writeRunYaml(config, variants, { model: undefined, dataset: undefined, adapter: undefined });
  expect(fromYaml(plain)).toEqual(config);
});

test('reports problems with line and field', () => {
  const text = [
    'model: QuickDraw ViT',
    'dataset: Twice',
    'adapter:',
    '  r: 0',
    '  target_modules: [q_proj]',
    '  parameters: {lora_alpha: -1}',
    'learning_rat: 1',
    'coto:',
    '  initial_p: 2',
    '  speed: fast',
  ].join('\n');
  expect(read('adapter:\n  r: 4\n  bogus: 1').problems).toEqual([
    {
      line: 3,
      field: 'adapter.bogus',
      message: expect.stringContaining('LoRA has no parameter "bogus"; its parameters are r, '),
    },
  ]);
  expect(read(text)).toEqual({
    config: null,
    problems: [
      { line: 2, field: 'dataset', message: 'Several have this name. Give the id of one: dataset-2, dataset-3.' },
      { line: 4, field: 'adapter.r', message: 'Must be at least 1.' },
      { line: 6, field: 'adapter.lora_alpha', message: 'Must be more than 0.' },
      { line: 7, field: 'learning_rat', message: 'Unknown setting: learning_rat.' },
      { line: 9, field: 'coto.initial_p', message: 'Must be at most 1.' },
      { line: 10, field: 'coto.speed', message: 'Unknown setting: speed.' },
    ],
  });
  expect(read('dataset: nowhere').problems).toEqual([
    { line: 1, field: 'dataset', message: 'There is no dataset “nowhere”.' },
  ]);
  expect(read('dataset: /data/nowhere.csv').config?.dataset).toBe('/data/nowhere.csv');
});

test('text that is no YAML, or no map, has the line of its fault', () => {
  const broken = read('model: a\nadapter: {r: 4\nseed: 1');
  expect(broken.config).toBeNull();
  expect(broken.problems[0]).toMatchObject({ field: null });
  expect(broken.problems[0]?.line).toBeGreaterThanOrEqual(2);
  expect(read('seed: *nothing').problems).toHaveLength(1);
  expect(read('- 1').problems).toEqual([{ line: 1, field: null, message: 'Write settings as “name: value”.' }]);
  expect(read('').config).toEqual(checkDraft(useTrainForm.getState().draft, variants).config);
});

function Editor() {
  const { draft } = useTrainForm();
  return <RunTexts draft={draft} config={checkDraft(draft, variants).config} note="" />;
}

test('the form follows what is typed, and the text follows the form', async () => {
  const view = renderInWindow(<Editor />);
  await view.findByRole('textbox', { name: 'Run as YAML' });
  const area = () => {
    const found = view.getByRole('textbox', { name: 'Run as YAML' });
    if (!(found instanceof HTMLTextAreaElement)) throw new Error('no editor');
    return found;
  };
  const type = (value: string) => fireEvent.change(area(), { target: { value } });
  type('# mine\nadapter:\n  r: 4\ncoto: {}\n');
  expect(useTrainForm.getState().draft).toMatchObject({ 'adapter.r': 4, coto: true });
  // The typed text stays, including comments.
  expect(area().value).toBe('# mine\nadapter:\n  r: 4\ncoto: {}\n');
  type('adapter:\n  r: none\n');
  expect(view.getByText(/Enter an integer|Enter a number/).textContent).toContain('adapter.r');
  expect(useTrainForm.getState().draft['adapter.r']).toBe(4);
  expect(view.getByText('Not applied: 1 error')).toBeTruthy();
  fireEvent.click(view.getByRole('button', { name: 'Line 2' }));
  expect([area().selectionStart, area().selectionEnd]).toEqual([9, 18]);
  act(() => setField('learning_rate', 2e-4));
  expect(area().value).toContain('learning_rate: 0.0002');
  expect(area().value).toContain('r: 4');
  expect(view.queryByText(/Not applied/)).toBeNull();
});

test('a run that the form cannot hold otherwise survives both ways', () => {
  const config = runConfigSchema.parse({
    adapter: { rank_pattern: { q_proj: 2 }, target_modules: '.*q_proj' },
    coto: { schedule: 'lisa' },
    dataset: 'dataset-1',
    data_seed: 3,
    prompt_template: 'Q: {prompt}\nA: ',
  });
  const whole = checkDraft(useTrainForm.getState().draft, variants).config;
  const full = {
    ...config,
    adapter: { ...config.adapter, parameters: { ...whole?.adapter.parameters, rank_pattern: { q_proj: 2 } } },
  };
  expect(read(writeRunYaml(full, variants, names)).config).toEqual(full);
});
