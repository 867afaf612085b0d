// @vitest-environment happy-dom
import { fireEvent } from '@testing-library/react';
import { expect, test, vi } from 'vitest';
import { ImageQuestion } from '../../../../src-renderer/features/data/image-question.tsx';
import { renderInWindow } from '../../window.tsx';

test('the column of the classes is answered by its name', () => {
  const onAnswer = vi.fn();
  const page = renderInWindow(<ImageQuestion onAnswer={onAnswer} isPending={false} />);
  const add = page.getByRole('button', { name: 'Add' });
  expect(add).toHaveProperty('disabled', true);
  fireEvent.change(page.getByLabelText('Label column'), { target: { value: ' coarse_label ' } });
  fireEvent.click(add);
  expect(onAnswer.mock.calls).toEqual([['coarse_label']]);
});
