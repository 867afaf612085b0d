// @vitest-environment happy-dom
import { fireEvent } from '@testing-library/react';
import { expect, test, vi } from 'vitest';
import { Segments } from '../../../../src-renderer/components/form/segments.tsx';
import { renderInWindow } from '../../window.tsx';

const data = [
  { value: 'step', label: 'Steps' },
  { value: 'time', label: 'Time' },
];

test('a choice of a few is a group of radio buttons, of which one is chosen', () => {
  const onChange = vi.fn();
  const view = renderInWindow(<Segments aria-label="Axis" data={data} value="step" onChange={onChange} />);
  expect(view.getByRole('radiogroup', { name: 'Axis' })).toBeTruthy();
  const states = view.getAllByRole('radio').map((radio) => radio instanceof HTMLInputElement && radio.checked);
  expect(states).toEqual([true, false]);
  fireEvent.click(view.getByLabelText('Time'));
  expect(onChange.mock.calls).toEqual([['time']]);
});

test('nothing can be chosen where it is disabled', () => {
  const view = renderInWindow(<Segments aria-label="Axis" data={data} value="step" onChange={() => {}} disabled />);
  for (const radio of view.getAllByRole('radio')) expect(radio.hasAttribute('disabled')).toBe(true);
});
