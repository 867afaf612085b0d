// @vitest-environment happy-dom
import { fireEvent, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import { FieldTerm, GlossaryText } from '../../../../src-renderer/components/help/glossary-text.tsx';
import { useHelpSheet } from '../../../../src-renderer/components/help/help-store.ts';
import { renderInWindow } from '../../window.tsx';

test('only the first use on a page opens a definition, and a later one takes over once it is gone', async () => {
  const first = (isShown: boolean) => (
    <>
      {isShown ? (
        <p>
          <GlossaryText text="A higher rank costs memory." />
        </p>
      ) : null}
      <p>
        <GlossaryText text="Adapters of equal rank merge." />
      </p>
    </>
  );
  const view = renderInWindow(first(true));
  expect(view.getAllByRole('button', { name: 'rank' })).toHaveLength(1);
  expect(view.getByText(/A higher/).querySelector('button')).not.toBeNull();
  view.rerender(first(false));
  await waitFor(() => expect(view.getByText(/Adapters of equal/).querySelector('button')).not.toBeNull());
});

test('opens, leads to the guide and closes, by the keyboard', async () => {
  const view = renderInWindow(<FieldTerm label="Rank" name="r" className="" />);
  const term = view.getByRole('button', { name: 'r: definition of rank' });
  fireEvent.click(term);
  const definition = await view.findByRole('dialog', { name: 'r: definition of rank' });
  expect(definition.textContent).toContain('The inner dimension r of an adapter');
  fireEvent.keyDown(definition, { key: 'Escape' });
  await waitFor(() => expect(view.queryByRole('dialog')).toBeNull());
  fireEvent.click(term);
  fireEvent.click(await view.findByRole('button', { name: 'More on rank in the guide' }));
  expect(useHelpSheet.getState()).toMatchObject({ open: true, trail: [{ document: 'methods/adapters/lora' }] });
});

test('a label without a term stays as it is', () => {
  const view = renderInWindow(<FieldTerm label="Dropout" name="lora_dropout" className="" />);
  expect(view.queryByRole('button')).toBeNull();
  expect(view.getByText('lora_dropout').tagName).toBe('CODE');
});
