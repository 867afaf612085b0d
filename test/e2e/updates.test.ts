import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { releaseKeys, writeReleaseFeed } from '../shell/updates/release.ts';
import { goTo, homeFolder, openStudio } from './studio.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-updates-'));
const path = (name: string): string => join(folder, name);
const asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(request.url ?? '');
  const file = path(`feed${request.url}`);
  if (existsSync(file)) response.end(readFileSync(file));
  else response.writeHead(404).end();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

test('a new version comes from the feed that the person agreed to, and takes the place of the app on quitting', async () => {
  const keys = releaseKeys();
  mkdirSync(path('feed'));
  writeFileSync(path('feed/coto-studio-99.0.0.AppImage'), `#!/bin/sh\ntouch ${path('new-app-ran')}\n`);
  writeFileSync(path('coto.AppImage'), 'the old one');
  chmodSync(path('coto.AppImage'), 0o755);
  writeReleaseFeed({
    folder: path('feed'),
    version: '99.0.0',
    privateKey: keys.privateKey,
    at: new Date(),
    system: 'linux',
    arch: process.arch,
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  vi.stubEnv('APPIMAGE', path('coto.AppImage'));
  vi.stubEnv('COTO_UPDATE_PUBLIC_KEY', keys.publicKey);
  const { app, page, close } = await openStudio(homeFolder(folder));
  await goTo(page, 'Settings');
  await page.getByLabel('Feed').fill(`http://127.0.0.1:${address.port}`);
  const turnOn = page.getByRole('button', { name: 'Turn on…' });

  // The window alone cannot turn it on.
  await app.evaluate(({ dialog }) => {
    Reflect.set(globalThis, 'questions', 0);
    dialog.showMessageBox = async () => {
      Reflect.set(globalThis, 'questions', Reflect.get(globalThis, 'questions') + 1);
      return { response: 1, checkboxChecked: false };
    };
  });
  await turnOn.click();
  // The shell hears of the click in its own time: it must have been refused before another answer is given.
  await expect.poll(() => app.evaluate((): unknown => Reflect.get(globalThis, 'questions'))).toBe(1);
  await turnOn.waitFor();
  await app.evaluate(({ dialog }) => {
    dialog.showMessageBox = async () => ({ response: 0, checkboxChecked: false });
  });
  await turnOn.click();
  await page.getByText('Not checked yet.').waitFor();
  expect(asked).toEqual([]);

  await page.getByRole('button', { name: 'Check for updates' }).click();
  await page.getByText('Version 99.0.0 is available').waitFor();
  await page.getByRole('button', { name: 'Download' }).click();
  await page.getByText('Version 99.0.0 is verified. It is installed when you quit.').waitFor();
  expect(readFileSync(path('coto.AppImage'), 'utf8')).toBe('the old one');
  await close();
  await expect.poll(() => existsSync(path('new-app-ran'))).toBe(true);
  expect(asked).toEqual(['/latest-linux.yml', '/latest-linux.yml.sig', '/coto-studio-99.0.0.AppImage']);
});
