// @vitest-environment happy-dom
import { fireEvent } from '@testing-library/react';
import { useState } from 'react';
import { beforeEach, expect, test, vi } from 'vitest';
import { axesOfGrid, GridRows, gridOfAxes } from '../../../../src-renderer/features/studies/grid-rows.tsx';
import { draftOf } from '../../../../src-renderer/features/train/draft.ts';
import { runFields } from '../../../../src-renderer/features/train/run-fields.ts';
import { runConfigSchema } from '../../../../src-shared/domain/runs/run.ts';
import { backend, catalog } from '../../fake-backend.ts';
import { renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

const run = runConfigSchema.parse({});
const fields = runFields(draftOf(run), catalog.adapterVariants);

beforeEach(() => {
  backend.asked = [];
  backend.answers = { 'app.catalog': () => catalog };
});

test('a grid’s lines are rows, and rows are its lines', () => {
  const text = 'coto: off, on\nlearning_rate: 0.0005, 0.001\nadapter.r: 4, 8';
  const axes = axesOfGrid(text, fields);
  expect(axes).toEqual([
    { field: 'coto', text: '', chosen: ['false', 'true'] },
    { field: 'learning_rate', text: '0.0005, 0.001', chosen: [] },
    { field: 'adapter.r', text: '4, 8', chosen: [] },
  ]);
  expect(gridOfAxes(axes, fields)).toBe(text);
  expect(axesOfGrid('', fields)).toEqual([{ field: null, text: '', chosen: [] }]);
});

test('rows are added and removed, and an unfinished one is no part of the grid', async () => {
  const told: string[] = [];
  function Form() {
    const [text, setText] = useState('coto: off, on\nlearning_rate: 0.001');
    const change = (next: string) => {
      told.push(next);
      setText(next);
    };
    return <GridRows run={run} text={text} onChange={change} />;
  }
  const view = renderInWindow(<Form />);
  fireEvent.change(await view.findByRole('textbox', { name: 'Values of Learning rate' }), {
    target: { value: '0.001, 0.002' },
  });
  expect(told.at(-1)).toBe('coto: off, on\nlearning_rate: 0.001, 0.002');
  fireEvent.click(view.getByRole('button', { name: 'Add a setting' }));
  expect(told.at(-1)).toBe('coto: off, on\nlearning_rate: 0.001, 0.002');
  fireEvent.click(view.getByRole('button', { name: 'Leave out Learning rate' }));
  expect(told.at(-1)).toBe('coto: off, on');
});
