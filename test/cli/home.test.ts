import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cotoOn, temporaryFolder } from './run-command.ts';

test('home move takes the home to another folder, where every later command finds it', async () => {
  const folder = temporaryFolder();
  const home = join(folder, 'home');
  const coto = cotoOn(home);
  expect((await coto(['settings', 'threads=1'])).code).toBe(0);
  expect((await coto(['home', 'move', join(home, 'x')])).err).toMatch(/is inside the home folder .* Choose a folder/);
  const target = join(folder, 'disk', 'CoTo Studio');
  const interrupted = await coto(['home', 'move', target], (text, interrupt) => {
    if (text.startsWith('Copying')) interrupt();
  });
  expect(interrupted).toMatchObject({ code: 130, err: expect.stringMatching(/The home was not moved/) });
  expect(existsSync(target)).toBe(false);
  const moved = await coto(['home', 'move', target, '--json']);
  expect(JSON.parse(moved.out)).toMatchObject({ from: home, to: target, oldIsThere: true });
  expect(readdirSync(home)).toEqual(['moved-to.json']);
  expect((await coto(['settings'])).out).toMatch(/threads +1/);
  expect(readdirSync(home)).toEqual(['moved-to.json']);
});
