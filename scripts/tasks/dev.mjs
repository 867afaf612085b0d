import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { modules, root } from '../bootstrap/paths.mjs';
import { openWindow } from './window.mjs';

// The window's files come from vite and are replaced as they are edited; main's are built once, at the start.
const address = 'http://localhost:5173';
const server = spawn(
  process.execPath,
  [join(modules, 'vite', 'bin', 'vite.js'), '--config', join(root, 'vite.config.ts')],
  {
    cwd: root,
    stdio: ['ignore', 2, 2],
  },
);
process.once('exit', () => server.kill());
for (let attempt = 0; attempt < 100; attempt++) {
  const answered = await fetch(`${address}/index.html`).then(
    (response) => response.ok,
    () => false,
  );
  if (answered) break;
  await new Promise((resolve) => setTimeout(resolve, 100));
}
process.exit(await openWindow(process.argv.slice(2), { COTO_DEV_SERVER: address }));
