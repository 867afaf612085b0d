// @vitest-environment happy-dom
import { fireEvent } from '@testing-library/react';
import { expect, test } from 'vitest';
import { Autocomplete, MultiSelect, Select, TagsInput } from '../../../../src-renderer/components/form/choices.tsx';
import { renderInWindow } from '../../window.tsx';

const data = ['first', 'second', 'third'];
const fields = [
  { name: 'Select', field: <Select aria-label="field" data={data} defaultValue="second" /> },
  { name: 'MultiSelect', field: <MultiSelect aria-label="field" data={data} /> },
  { name: 'TagsInput', field: <TagsInput aria-label="field" data={data} /> },
  { name: 'Autocomplete', field: <Autocomplete aria-label="field" data={data} /> },
];

function optionsIn(view: ReturnType<typeof renderInWindow>): string[] {
  return [...view.baseElement.querySelectorAll('[data-combobox-option]')].map((option) => option.textContent ?? '');
}

test.each(fields)('$name mounts its options when it is focused, and keeps them', ({ field }) => {
  const view = renderInWindow(field);
  expect(optionsIn(view)).toEqual([]);
  const input = view.getByLabelText('field', { selector: 'input' });
  fireEvent.focus(input);
  expect(optionsIn(view)).toEqual(data);
  fireEvent.blur(input);
  expect(optionsIn(view)).toEqual(data);
});

test('the arrow key that opens a list finds the option that is chosen', () => {
  const view = renderInWindow(<Select aria-label="field" data={data} defaultValue="second" />);
  const input = view.getByLabelText('field', { selector: 'input' });
  fireEvent.focus(input);
  fireEvent.keyDown(input, { key: 'ArrowDown', code: 'ArrowDown' });
  expect(view.baseElement.querySelector('[data-combobox-selected]')?.textContent).toBe('second');
});
