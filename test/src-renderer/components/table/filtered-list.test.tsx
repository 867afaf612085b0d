// @vitest-environment happy-dom
import { fireEvent } from '@testing-library/react';
import { expect, test } from 'vitest';
import { FilteredList } from '../../../../src-renderer/components/table/filtered-list.tsx';
import { matchesWords } from '../../../../src-renderer/components/table/match-words.ts';
import { ownFirst } from '../../../../src-renderer/components/table/own-first.ts';
import { renderInWindow } from '../../window.tsx';

const items = ['Fashion MNIST', 'MNIST', 'Letters', 'Spam subjects', 'Genres', 'My letters'].map((title) => ({
  id: title,
  title,
  detail: title.endsWith('letters') ? 'images · 26 classes' : 'text',
}));
const list = (some: typeof items) => (
  <FilteredList
    label="Datasets"
    filter="Filter datasets…"
    noMatch="No matching datasets"
    items={some}
    activeId={null}
    onActivate={() => undefined}
  />
);

test('a list is filtered by words of title and detail, in any order and case', () => {
  const view = renderInWindow(list(items));
  const filter = view.getByRole('textbox', { name: 'Filter datasets…' });
  fireEvent.change(filter, { target: { value: 'IMAGES letters' } });
  expect(view.getAllByRole('option').map((option) => option.dataset['id'])).toEqual(['My letters']);
  fireEvent.change(filter, { target: { value: 'audio' } });
  expect(view.queryAllByRole('option')).toEqual([]);
  expect(view.getByText('No matching datasets')).toBeTruthy();
  fireEvent.keyDown(filter, { key: 'Escape' });
  expect(view.getAllByRole('option')).toHaveLength(6);
});

test('a short list has no filter', () => {
  expect(renderInWindow(list(items.slice(0, 3))).queryByRole('textbox')).toBeNull();
});

test('one’s own come first, in their order', () => {
  const records = [
    { id: 1, bundled: true },
    { id: 2, bundled: false },
    { id: 3, bundled: true },
    { id: 4, bundled: false },
  ];
  expect(ownFirst(records).map(({ id }) => id)).toEqual([2, 4, 1, 3]);
  expect([matchesWords('CoTo run', ''), matchesWords('CoTo run', 'run coto'), matchesWords('CoTo', 'run')]).toEqual([
    true,
    true,
    false,
  ]);
});
