import './app/no-evaluation.ts';
import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import '@mantine/spotlight/styles.css';
import './app/typefaces.css';
import './app/theme.css';
import { loadLanguage } from './strings/language.ts';

await loadLanguage(window.coto);
// After the words, which some of its modules read when they are loaded.
const { startWindow } = await import('./app/app.tsx');
startWindow();
