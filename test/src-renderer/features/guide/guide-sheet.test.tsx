// @vitest-environment happy-dom
import { act, fireEvent, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { FieldFrame } from '../../../../src-renderer/components/form/parameter-field.tsx';
import { HelpButton } from '../../../../src-renderer/components/help/help-button.tsx';
import { openCard, useHelpSheet } from '../../../../src-renderer/components/help/help-store.ts';
import { GuideSheet } from '../../../../src-renderer/features/guide/guide-sheet.tsx';
import { renderInWindow } from '../../window.tsx';

const opened = vi.fn();
beforeEach(() => {
  opened.mockClear();
  useHelpSheet.setState({ open: false, trail: [], field: null });
});

function show(element: React.ReactNode) {
  return renderInWindow(
    <>
      {element}
      <GuideSheet onOpenPage={opened} />
    </>,
  );
}

test('a "?" is a button that opens the card of its method, and Escape leads back to it', async () => {
  const view = show(<HelpButton label="TIES" card="methods/merging/ties" />);
  const button = view.getByRole('button', { name: 'Help: TIES' });
  button.focus();
  fireEvent.click(button);
  const sheet = await view.findByRole('dialog', { name: 'TIES' });
  expect(within(sheet).getByRole('heading', { name: 'When to use it' })).toBeTruthy();
  expect(within(sheet).getByRole('cell', { name: 'density' })).toBeTruthy();
  // The generator's own notes are hidden from readers.
  expect(sheet.textContent).not.toContain('make-method-cards');
  fireEvent.keyDown(sheet, { key: 'Escape' });
  await waitFor(() => expect(view.queryByRole('dialog')).toBeNull());
  await waitFor(() => expect(document.activeElement).toBe(button));
});

test('links between documents stay in the sheet, with a way back; those outside are copied, never opened', async () => {
  const view = show(null);
  act(() => openCard('methods/coto'));
  const sheet = await view.findByRole('dialog', { name: 'CoTo' });
  expect(within(sheet).queryByRole('button', { name: 'Back' })).toBeNull();
  expect([...sheet.querySelectorAll('a')].filter((link) => /^https?:/.test(link.getAttribute('href') ?? ''))).toEqual(
    [],
  );
  expect(within(sheet).getAllByRole('button', { name: /^Copy the address of “Come Together/ }).length).toBe(1);
  fireEvent.click(within(sheet).getByRole('link', { name: 'where it helps, and where it does not' }));
  expect(useHelpSheet.getState().trail.map(({ document }) => document)).toEqual(['methods/coto', 'results/README']);
  fireEvent.click(within(sheet).getByRole('button', { name: 'Back' }));
  expect(view.getByRole('dialog', { name: 'CoTo' })).toBeTruthy();
  fireEvent.click(within(sheet).getByRole('button', { name: 'Open in guide' }));
  expect(opened).toHaveBeenCalledWith('methods/coto');
  expect(useHelpSheet.getState().open).toBe(false);
});

test("a field's own help stands above its document; F1 in the control opens it too", async () => {
  const view = show(
    <FieldFrame
      id="rank"
      label="Rank"
      name="adapter.r"
      help="Of the two matrices."
      card="methods/adapters/lora"
      origin="default"
      base="8"
      onReset={() => undefined}
      problem={undefined}
    >
      <input id="rank" />
    </FieldFrame>,
  );
  fireEvent.keyDown(view.getByRole('textbox'), { key: 'F1' });
  const sheet = await view.findByRole('dialog', { name: 'LoRA' });
  const field = within(sheet).getByRole('region', { name: 'Rank' });
  expect(field.textContent).toContain('Of the two matrices.');
  expect(field.textContent).toContain('adapter.r');
  act(() => openCard(null, { label: 'Own', name: 'own', help: 'Without a document.' }));
  expect(await view.findByRole('dialog', { name: 'Own' })).toBeTruthy();
});
