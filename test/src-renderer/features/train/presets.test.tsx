// @vitest-environment happy-dom
import { fireEvent, within } from '@testing-library/react';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { adapterVariant, adapterVariants } from '../../../../src-main/engine/adapters/variants/index.ts';
import { shownValue } from '../../../../src-renderer/components/form/parameter-origin.ts';
import { checkDraft, defaultDraft } from '../../../../src-renderer/features/train/draft.ts';
import {
  applyPreset,
  changeDraft,
  resetForm,
  setField,
  useTrainForm,
} from '../../../../src-renderer/features/train/draft-store.ts';
import {
  draftChanges,
  draftWithPreset,
  ownChanges,
  presetBases,
} from '../../../../src-renderer/features/train/preset-changes.ts';
import { PresetPicker } from '../../../../src-renderer/features/train/preset-picker.tsx';
import { presets } from '../../../../src-renderer/features/train/presets/index.ts';
import type { PresetBase } from '../../../../src-renderer/features/train/presets/preset.ts';
import { runFields } from '../../../../src-renderer/features/train/run-fields.ts';
import { renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

const variants = adapterVariants.map(({ declaration }) => declaration);
const linear = (name: string) => ({
  name: `layers.0.${name}`,
  aliases: [],
  checkpointKey: name,
  layer: 0,
  inFeatures: 4,
  outFeatures: 4,
  hasBias: false,
  isHead: false,
  kind: 'linear' as const,
  fanInFanOut: false,
  isMissing: false,
});
const linears = ['q_proj', 'k_proj', 'v_proj', 'up_proj'].map(linear);
const bases: Record<string, PresetBase> = {
  none: undefined,
  images: { image: { height: 28, width: 28, channels: 1 }, linears },
  text: { image: null, linears },
  'other names': { image: null, linears: [linear('in_proj')] },
};

beforeEach(resetForm);

test.each([
  [['qkv_proj', 'o_proj', 'gate_up_proj'], ['qkv_proj']],
  [['query_key_value', 'dense'], ['query_key_value']],
  [
    ['q_proj', 'v_proj', 'c_attn'],
    ['q_proj', 'v_proj'],
  ],
  [['in_proj', 'out_proj'], undefined],
])('the defaults of PEFT on %j target %j', (names, chosen) => {
  const preset = presets.find(({ id }) => id === 'peft-defaults');
  const settings = preset?.settings({ image: null, linears: names.map(linear) });
  expect(settings?.['adapter.target_modules']).toEqual(chosen);
});

describe.each(presets)('$label', (preset) => {
  test.each(Object.entries(bases))('sets fields that there are to values that a run takes (base: %s)', (_, base) => {
    const settings = preset.settings(base);
    const draft = { ...defaultDraft, ...settings };
    const known = new Set(runFields(draft, variants).map(({ name }) => name));
    expect(Object.keys(settings).filter((name) => !known.has(name))).toEqual([]);
    expect([...checkDraft(draft, variants).problems]).toEqual([]);
  });
});

test('modules are named only where the base has them', () => {
  const settings = (id: string, base: PresetBase) => presets.find((one) => one.id === id)?.settings(base) ?? {};
  expect(settings('peft-defaults', bases['text'])['adapter.target_modules']).toEqual(['q_proj', 'v_proj']);
  expect(settings('peft-defaults', bases['other names'])).not.toHaveProperty('adapter.target_modules');
  expect(settings('coto-paper', bases['images'])['adapter.target_modules']).toEqual(['q_proj', 'k_proj', 'v_proj']);
  expect(settings('coto-paper', bases['text'])).not.toHaveProperty('learning_rate');
});

test('the CoTo paper’s few-shot set-up has the strength, steps and optimizer of CLIP-LoRA', () => {
  const settings = presets.find(({ id }) => id === 'coto-paper')?.settings(bases['images']) ?? {};
  const { config } = checkDraft({ ...defaultDraft, ...settings }, variants);
  if (config === null) throw new Error('not a run');
  // CLIP-LoRA: rank 2 and alpha 1 scaled by 1/√r; 500 iterations a shot at 16 shots; PyTorch's AdamW and cosine, no warmup.
  const paper = { r: 2, alpha: 1, iterations: 500, shots: 16 };
  const { rank, scaling } = adapterVariant(config.adapter.variant).strength(config.adapter.parameters, []);
  expect(rank).toBe(paper.r);
  expect(scaling).toBeCloseTo(paper.alpha / Math.sqrt(paper.r), 12);
  expect(config).toMatchObject({
    adapter: { parameters: { lora_dropout: 0.25 }, target_modules: ['q_proj', 'k_proj', 'v_proj'] },
    train_samples_per_class: paper.shots,
    // RandomResizedCrop(scale=(0.08, 1)) and RandomHorizontalFlip(p=0.5).
    augmentation: { crop: [0.08, 1], horizontal_flip: true, rotation_radians: 0, scale: [1, 1], shift: 0 },
    max_steps: paper.iterations * paper.shots,
    per_device_train_batch_size: 32,
    learning_rate: 2e-4,
    lr_scheduler_type: 'cosine',
    warmup_steps: 0,
    weight_decay: 0.01,
    adam_beta1: 0.9,
    adam_beta2: 0.999,
  });
});

test('describes changes in words, in the form’s order, without settings of CoTo while it is off', () => {
  const after = draftWithPreset(defaultDraft, null, {
    learning_rate: 2e-4,
    coto: false,
    'coto.initial_p': 0.3,
    'adapter.target_modules': ['q_proj', 'v_proj'],
    optim: 'sgd',
    seed: 42,
  });
  expect(draftChanges(defaultDraft, after, variants).map(({ label, from, to }) => [label, from, to])).toEqual([
    ['Target modules', 'all-linear', 'q_proj, v_proj'],
    ['Learning rate', '0.001', '0.0002'],
    ['Optimizer', 'AdamW', 'SGD'],
  ]);
});

test('a preset’s values are its own until they are changed, and go with it', () => {
  setField('seed', 7);
  applyPreset({ id: 'one', settings: { learning_rate: 2e-4, 'adapter.r': 16 } });
  const rank = runFields(defaultDraft, variants).find(({ name }) => name === 'adapter.r');
  const rate = runFields(defaultDraft, variants).find(({ name }) => name === 'learning_rate');
  if (!rank || !rate) throw new Error('no such field');
  const originOf = (spec: typeof rank) => {
    const { draft, preset } = useTrainForm.getState();
    return shownValue(spec, draft, presetBases(preset)).origin;
  };
  expect([originOf(rank), originOf(rate)]).toEqual(['preset', 'preset']);
  setField('adapter.r', 4);
  expect([originOf(rank), originOf(rate)]).toEqual(['yours', 'preset']);
  const { draft, preset } = useTrainForm.getState();
  // The rank and the seed.
  expect(ownChanges(draft, preset, variants)).toBe(2);
  // A reset goes back to the preset's value.
  const { 'adapter.r': _, ...others } = draft;
  changeDraft(others);
  expect(useTrainForm.getState().draft['adapter.r']).toBe(16);
  setField('adapter.r', 4);
  applyPreset({ id: 'two', settings: { weight_decay: 0.01 } });
  expect(useTrainForm.getState().draft).toMatchObject({
    learning_rate: 1e-3,
    'adapter.r': 4,
    seed: 7,
    weight_decay: 0.01,
  });
  applyPreset(null);
  expect(useTrainForm.getState().draft).toMatchObject({ 'adapter.r': 4, seed: 7, weight_decay: 0 });
});

test('the choice shows what a preset changes before it is applied', () => {
  const view = renderInWindow(<PresetPicker onClose={() => undefined} base={bases['text']} variants={variants} />);
  fireEvent.click(view.getByRole('button', { name: 'LoRA without regret' }));
  const table = view.getByRole('table', { name: 'Changes when applied' });
  expect(within(table).getByRole('row', { name: 'Alpha 16 32' })).toBeTruthy();
  expect(within(table).getByRole('row', { name: 'Learning rate 0.001 0.0002' })).toBeTruthy();
  expect(view.getByText(/thinkingmachines\.ai/)).toBeTruthy();
  expect(useTrainForm.getState().draft).toEqual(defaultDraft);
  fireEvent.click(view.getByRole('button', { name: 'Apply' }));
  expect(useTrainForm.getState().draft).toMatchObject({ 'adapter.lora_alpha': 32, lr_scheduler_type: 'constant' });
  expect(useTrainForm.getState().preset?.id).toBe('lora-without-regret');
});
