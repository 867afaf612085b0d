import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { startClient } from '../api/client.ts';
import { App } from './app.tsx';

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
