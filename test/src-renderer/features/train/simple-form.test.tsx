// @vitest-environment happy-dom
import { fireEvent } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { configInputOf, defaultDraft } from '../../../../src-renderer/features/train/draft.ts';
import { applyPreset, resetForm, setField, useTrainForm } from '../../../../src-renderer/features/train/draft-store.ts';
import { needsFullForm, otherSettings, SimpleForm } from '../../../../src-renderer/features/train/simple-form.tsx';
import { runConfigSchema } from '../../../../src-shared/domain/runs/run.ts';
import { catalog } from '../../fake-backend.ts';
import { renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

const variants = catalog.adapterVariants;
const config = () => runConfigSchema.parse(configInputOf(useTrainForm.getState().draft, variants));

beforeEach(() => {
  resetForm();
});

test('goal and length are the fields of the full form, and nothing else of the run changes', () => {
  const before = config();
  const view = renderInWindow(<SimpleForm variants={variants} problems={new Map()} />);
  expect(config()).toEqual(before);
  fireEvent.click(view.getByRole('radio', { name: 'Merge or prune later' }));
  fireEvent.change(view.getByLabelText('Train epochs'), { target: { value: '5' } });
  expect(config()).toEqual({ ...before, num_train_epochs: 5, coto: runConfigSchema.parse({ coto: {} }).coto });
  fireEvent.click(view.getByRole('radio', { name: 'One task' }));
  expect(config()).toEqual({ ...before, num_train_epochs: 5 });
});

test('a line names what is recommended, and what was changed in the full form or by hand', () => {
  const view = renderInWindow(<SimpleForm variants={variants} problems={new Map()} />);
  expect(view.getByText(/^Recommended: .*Learning rate 0\.001, .*and the defaults of the rest\.$/)).toBeTruthy();
  view.unmount();
  setField('learning_rate', 0.02);
  const changed = renderInWindow(<SimpleForm variants={variants} problems={new Map()} />);
  const line = changed.getByText(/^Recommended: /).textContent ?? '';
  expect(line).toMatch(/Changed: Learning rate 0\.02\.$/);
  expect(line).not.toContain('0.001');
});

test('the values of a preset count as recommended', () => {
  applyPreset({ id: 'quick-try', settings: { learning_rate: 0.005, max_steps: 30 } });
  const { draft, preset } = useTrainForm.getState();
  const line = otherSettings(draft, { ...defaultDraft, ...preset?.settings }, variants);
  expect(line.changed).toEqual([]);
  expect(line.recommended).toContain('Learning rate 0.005');
});

test('a fault in a field that only the full form has asks for the full form', () => {
  expect(needsFullForm(new Map([['dataset', 'Choose one.']]))).toBe(false);
  expect(needsFullForm(new Map([['num_train_epochs', 'Too small.']]))).toBe(false);
  expect(needsFullForm(new Map([['adapter.r', 'Too small.']]))).toBe(true);
});
