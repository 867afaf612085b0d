import { MantineProvider } from '@mantine/core';
import { ModalsProvider } from '@mantine/modals';
import { QueryClientProvider } from '@tanstack/react-query';
import { cleanup, configure, type RenderResult, render, renderHook } from '@testing-library/react';
import type { ReactNode } from 'react';
import { afterEach } from 'vitest';
import { queryClient } from '../../src-renderer/api/query.ts';

// happy-dom has no fonts to wait for; Mantine's growing text areas ask for them.
if (!('fonts' in document))
  Object.defineProperty(document, 'fonts', {
    value: {
      addEventListener: () => undefined,
      removeEventListener: () => undefined,
      load: () => Promise.resolve([]),
    },
  });

// On a busy machine a first render alone takes longer than the second that is waited by default.
configure({ asyncUtilTimeout: 120_000 });

afterEach(() => {
  cleanup();
  queryClient.clear();
});

function Providers({ children }: { children: ReactNode }) {
  return (
    <QueryClientProvider client={queryClient}>
      <MantineProvider env="test">
        <ModalsProvider>{children}</ModalsProvider>
      </MantineProvider>
    </QueryClientProvider>
  );
}

/** Renders a part of the window as the app does, without its backend. */
export function renderInWindow(element: ReactNode): RenderResult {
  return render(element, { wrapper: Providers });
}

/** Runs a hook of the window. */
export function renderHookInWindow<Result>(hook: () => Result) {
  return renderHook(hook, { wrapper: Providers });
}

/** The field with this label: its control, and the text of what stands around it. */
export function fieldOf(view: RenderResult, label: string): { control: HTMLElement; frame: HTMLElement } {
  const found = view.getAllByText(label, { selector: 'label' })[0];
  const id = found?.getAttribute('for') ?? '';
  const control = view.container.ownerDocument.getElementById(id);
  const frame = found?.parentElement?.parentElement;
  if (control === null || !frame) throw new Error(`The label ${label} has no control.`);
  return { control, frame };
}
