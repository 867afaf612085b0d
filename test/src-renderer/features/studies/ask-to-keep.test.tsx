// @vitest-environment happy-dom
import { fireEvent } from '@testing-library/react';
import { expect, test } from 'vitest';
import { ChooseKept } from '../../../../src-renderer/features/studies/ask-to-keep.tsx';
import type { PrunedChoice } from '../../../../src-shared/studies/define-study.ts';
import { renderInWindow } from '../../window.tsx';

const choice = (seed: number): PrunedChoice => ({
  name: `LoRA, seed ${seed}: 50 % zeroed`,
  of: { adapterId: `a${seed}` },
  method: 'magnitude',
  parameters: { sparsity: 0.5 },
});

function open(choices: readonly PrunedChoice[]) {
  const kept: PrunedChoice[] = [];
  const view = renderInWindow(
    <ChooseKept choices={choices} onCancel={() => undefined} onKeep={(one) => kept.push(one)} />,
  );
  return { view, kept, save: view.getByRole('button', { name: 'Save adapter' }) };
}

test('a mean over seeds makes the adapter of the seed that is chosen, and none before', () => {
  const { view, kept, save } = open([choice(1), choice(2)]);
  fireEvent.click(save);
  expect(kept).toEqual([]);
  fireEvent.click(view.getByLabelText('LoRA, seed 2: 50 % zeroed'));
  fireEvent.click(save);
  expect(kept).toEqual([choice(2)]);
});

test('a single adapter is named and made on confirmation', () => {
  const { view, kept, save } = open([choice(1)]);
  expect(view.container.textContent).toContain('"LoRA, seed 1: 50 % zeroed"');
  expect(kept).toEqual([]);
  fireEvent.click(save);
  expect(kept).toEqual([choice(1)]);
});
