import './app/no-evaluation.ts';
import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import '@mantine/spotlight/styles.css';
import './app/typefaces.css';
import './app/theme.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { startClient } from './api/client.ts';
import { App } from './app/app.tsx';

const container = document.getElementById('root');
if (!container) throw new Error('index.html has no element with the id "root".');
startClient(window.coto);
createRoot(container).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
