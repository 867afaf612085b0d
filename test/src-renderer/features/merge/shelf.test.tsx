// @vitest-environment happy-dom
import { fireEvent, within } from '@testing-library/react';
import { beforeEach, expect, test } from 'vitest';
import { emptyBench } from '../../../../src-renderer/features/merge/bench-memory.ts';
import { currentBench, useBench } from '../../../../src-renderer/features/merge/bench-store.ts';
import { Shelf } from '../../../../src-renderer/features/merge/shelf.tsx';
import { toggleFilter } from '../../../../src-renderer/features/merge/shelf-groups.ts';
import { adapter } from '../../fake-backend.ts';
import { renderInWindow } from '../../window.tsx';

const coto = { initial_p: 0, final_p: 1, stage1_ratio: 0.75, curve: 'linear', granularity: 'layer' };
const adapters = [
  adapter('old', { createdAt: 1 }),
  adapter('coto', { createdAt: 2, coto }),
  adapter('other', { createdAt: 3, modelId: 'b2' }),
];

function shelf() {
  const view = renderInWindow(
    <Shelf
      adapters={adapters}
      namesOf={({ modelId }) => ({ model: modelId ?? '', dataset: null, variant: 'LoRA', baseColor: 'red' })}
    />,
  );
  const list = view.getByRole('list', { name: 'Adapter shelf' });
  const cards = () => within(list).getAllByRole('listitem');
  return { view, list, cards, names: () => cards().map((card) => card.getAttribute('aria-label')) };
}

beforeEach(() => useBench.setState(emptyBench, true));

test('adapters stand by base, the newest first, and chips and words leave some of them', () => {
  const { view, list, names } = shelf();
  expect(names()).toEqual(['other', 'coto', 'old']);
  expect(within(list).getByText('b2')).toBeTruthy();
  fireEvent.click(view.getByRole('checkbox', { name: 'CoTo' }));
  expect(names()).toEqual(['coto']);
  fireEvent.click(view.getByRole('checkbox', { name: 'No CoTo' }));
  expect(names()).toEqual(['other', 'old']);
  fireEvent.change(view.getByLabelText('Filter the adapters'), { target: { value: 'old' } });
  expect(names()).toEqual(['old']);
});

test('the shelf is one stop of the Tab key, arrows move along it, Enter adds', () => {
  const { list, cards } = shelf();
  expect(cards().map((card) => card.tabIndex)).toEqual([0, -1, -1]);
  for (const button of within(list).getAllByRole('button')) expect(button.tabIndex).toBe(-1);
  const [first, second, third] = cards();
  first?.focus();
  fireEvent.keyDown(first ?? list, { key: 'ArrowDown' });
  expect(document.activeElement).toBe(second);
  expect(cards().map((card) => card.tabIndex)).toEqual([-1, 0, -1]);
  fireEvent.keyDown(second ?? list, { key: 'End' });
  expect(document.activeElement).toBe(third);
  fireEvent.keyDown(third ?? list, { key: 'Enter' });
  expect(currentBench().map(({ adapterId }) => adapterId)).toEqual(['old']);
});

test('a chip of the bench leaves what may share its base', () => {
  useBench.setState({ bench: [{ adapterId: 'old', weight: 1, locked: false }] });
  const { view, names } = shelf();
  fireEvent.click(view.getByRole('checkbox', { name: 'Fits the bench' }));
  expect(names()).toEqual(['coto', 'old']);
});

test('chips of one set exclude each other, those of several go together', () => {
  expect(toggleFilter(['coto', 'run'], 'plain')).toEqual(['run', 'plain']);
  expect(toggleFilter(['coto'], 'coto')).toEqual([]);
});
