import { DirectionProvider, MantineProvider } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { ModalsProvider } from '@mantine/modals';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode, useEffect } from 'react';
import { createRoot } from 'react-dom/client';
import { followBackend } from '../api/cache.ts';
import { startClient } from '../api/client.ts';
import { queryClient } from '../api/query.ts';
import { rememberComparisons } from '../features/home/last-comparison.ts';
import { appStrings } from '../strings/app.ts';
import { Frame } from './frame.tsx';
import { contrastVariables, cssVariables, theme } from './theme.ts';

/** The window: providers around the frame. */
function App() {
  useEffect(() => followBackend(queryClient), []);
  useEffect(rememberComparisons, []);
  const hasMoreContrast = useMediaQuery('(prefers-contrast: more)', undefined, { getInitialValueInEffect: false });
  return (
    <DirectionProvider>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={hasMoreContrast ? contrastVariables : cssVariables}
        defaultColorScheme="auto"
      >
        <QueryClientProvider client={queryClient}>
          <ModalsProvider labels={{ confirm: appStrings.confirm, cancel: appStrings.cancel }}>
            <Frame />
          </ModalsProvider>
        </QueryClientProvider>
      </MantineProvider>
    </DirectionProvider>
  );
}

/** Connects the window to its backend and draws it. */
export function startWindow(): void {
  const container = document.getElementById('root');
  if (!container) throw new Error('index.html has no element with the id "root".');
  startClient(window.coto);
  createRoot(container).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
