import { openWindow } from './window.mjs';

process.exit(await openWindow(process.argv.slice(2)));
