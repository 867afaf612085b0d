// @vitest-environment happy-dom
import { fireEvent } from '@testing-library/react';
import { expect, test, vi } from 'vitest';
import { ThreadsField } from '../../../../src-renderer/features/settings/threads-field.tsx';
import { renderInWindow } from '../../window.tsx';

test('a count that this machine does not have is refused beside the field, and gone when it is left', () => {
  const onChange = vi.fn();
  const view = renderInWindow(<ThreadsField cores={2} threads={null} disabled={false} onChange={onChange} />);
  const field = view.getByLabelText('CPU threads');
  fireEvent.change(field, { target: { value: '9' } });
  expect(view.getByText('Enter 1–2, or leave empty for all.')).toBeTruthy();
  expect(onChange).not.toHaveBeenCalled();
  fireEvent.blur(field);
  expect(view.queryByText('Enter 1–2, or leave empty for all.')).toBeNull();
  expect(field).toHaveProperty('value', '');
  fireEvent.change(field, { target: { value: '2' } });
  expect(onChange).toHaveBeenCalledWith(2);
});
