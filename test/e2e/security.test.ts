import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerOpenDialog, goTo, homeFolder, openStudio, request, type Studio } from './studio.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-security-'));
let studio: Studio;
beforeAll(async () => {
  studio = await openStudio(homeFolder(folder));
});
afterAll(async () => {
  await studio?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the window is shut in', () => {
  test('no node, one object, sandboxed and isolated', async () => {
    const { app, page } = studio;
    expect(
      await page.evaluate(() => ({
        require: typeof Reflect.get(globalThis, 'require'),
        process: typeof Reflect.get(globalThis, 'process'),
        module: typeof Reflect.get(globalThis, 'module'),
        bridge: Object.keys(window.coto).sort(),
      })),
    ).toEqual({
      require: 'undefined',
      process: 'undefined',
      module: 'undefined',
      bridge: [
        'dialogs',
        'dragOut',
        'home',
        'keys',
        'language',
        'languages',
        'newWindow',
        'notify',
        'on',
        'onMenu',
        'onStatus',
        'openPath',
        'pathForFile',
        'platform',
        'post',
        'printFigure',
        'restartBackend',
        'savePdf',
        'setRunning',
        'setTheme',
        'showInFolder',
        'showLogs',
        'updates',
        'versions',
      ],
    });
    const preferences = await app.evaluate(({ BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents;
      return contents && 'getLastWebPreferences' in contents && typeof contents.getLastWebPreferences === 'function'
        ? contents.getLastWebPreferences()
        : null;
    });
    expect(preferences).toMatchObject({ sandbox: true, contextIsolation: true, nodeIntegration: false });
  });

  test('the policy is in the header and in the page, and it holds', async () => {
    const { page } = studio;
    const header = await page.evaluate(async () => {
      const answer = await fetch('app://studio/index.html');
      return answer.headers.get('content-security-policy');
    });
    expect(header).toContain("default-src 'none'");
    expect(header).toContain("script-src 'self'");
    expect(await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content')).toContain(
      "script-src 'self'",
    );
    const outcome = await page.evaluate(async () => {
      const refused: string[] = [];
      document.addEventListener('securitypolicyviolation', (event) => refused.push(event.effectiveDirective));
      const script = document.createElement('script');
      script.textContent = 'window.wasInjected = true';
      document.head.append(script);
      const frame = document.createElement('iframe');
      frame.src = 'https://example.invalid/';
      document.body.append(frame);
      const fetched = await fetch('https://example.invalid/').then(
        () => 'fetched',
        () => 'refused',
      );
      // Each is said by an event, in the window's own time.
      while (new Set(refused).size < 3) await new Promise((resolve) => setTimeout(resolve, 50));
      frame.remove();
      script.remove();
      return { injected: Reflect.has(window, 'wasInjected'), fetched, refused: [...new Set(refused)].sort() };
    });
    expect(outcome).toEqual({
      injected: false,
      fetched: 'refused',
      refused: ['connect-src', 'frame-src', 'script-src-elem'],
    });
  });

  test('no second window and no permission', async () => {
    const { app, page } = studio;
    expect(await page.evaluate(() => window.open('https://example.invalid/') === null)).toBe(true);
    expect(await page.evaluate(() => window.open('app://studio/index.html') === null)).toBe(true);
    expect(app.windows().length).toBe(1);
    expect(await page.evaluate(() => Notification.requestPermission())).toBe('denied');
    const camera = await page.evaluate(() =>
      navigator.mediaDevices
        ? navigator.mediaDevices.getUserMedia({ video: true }).then(
            () => 'granted',
            (error: Error) => error.name,
          )
        : 'absent',
    );
    expect(camera).not.toBe('granted');
    expect(await page.evaluate(() => 'showOpenFilePicker' in window || 'showDirectoryPicker' in window)).toBe(false);
  });

  test('the app’s scheme serves the renderer’s folder and nothing else', async () => {
    const { page } = studio;
    const codes = await page.evaluate(async () => {
      const addresses = [
        'app://studio/index.html',
        'app://studio/../../package.json',
        'app://studio/..%2f..%2fpackage.json',
        'app://studio/%2e%2e/%2e%2e/package.json',
        'app://studio/%00',
        'app://studio/nothing.js',
      ];
      return Promise.all(addresses.map((address) => fetch(address).then((answer) => answer.status)));
    });
    expect(codes).toEqual([200, 404, 404, 404, 404, 404]);
  });

  test('the app’s origin spelled in another way is the same address, or none', async () => {
    const { page } = studio;
    const answers = await page.evaluate(async () => {
      const addresses = [
        'app://STUDIO/index.html',
        'APP://studio/index.html',
        'app://studio:80/index.html',
        'app://studio:443/index.html',
        'app://studio./index.html',
        'app://me@studio/index.html',
        'app://me:secret@studio/index.html',
        'app://%73tudio/index.html',
        'app://studio/assets%2f..%2findex.html',
        'app://studio/assets%5c..%5cindex.html',
        'app:///index.html',
      ];
      return Promise.all(
        addresses.map((address) =>
          fetch(address).then(
            async ({ status, url }) => ({ address, status, url }),
            () => ({ address, status: 0, url: '' }),
          ),
        ),
      );
    });
    for (const { address, status, url } of answers)
      if (status === 200) expect(url, address).toBe('app://studio/index.html');
      else expect([0, 404], address).toContain(status);
  });

  test('checks requests to the shell', async () => {
    const { page } = studio;
    const said = (path: unknown): Promise<string> =>
      page.evaluate(
        (argument) =>
          Reflect.apply(window.coto.openPath, null, [argument]).then(
            () => 'opened',
            (error: Error) => error.message,
          ),
        path,
      );
    expect(await said(join(homeFolder(folder), 'gone.html'))).toContain('gone.html no longer exists');
    expect(await said(7)).toMatch(/expected string/i);
  });

  test('a window that was taken over opens no file of the person’s, and no program', async () => {
    const { app, page } = studio;
    const script = join(folder, 'script.sh');
    const inHome = join(homeFolder(folder), 'reports', 'run-me.sh');
    for (const path of [script, inHome]) writeFileSync(path, '#!/bin/sh\n', { mode: 0o755 });
    await app.evaluate(({ shell }) => {
      Reflect.set(globalThis, 'opened', []);
      shell.openPath = async (path) => {
        Reflect.get(globalThis, 'opened').push(path);
        return '';
      };
      shell.showItemInFolder = (path) => Reflect.get(globalThis, 'opened').push(path);
    });
    const said = (way: 'openPath' | 'showInFolder', path: string): Promise<string> =>
      page.evaluate(
        ([name, argument]) =>
          window.coto[name](argument).then(
            () => 'opened',
            (error: Error) => error.message,
          ),
        [way, path] as const,
      );
    for (const path of [script, '/etc/passwd', '/', join(homeFolder(folder), '..', 'script.sh')])
      for (const way of ['openPath', 'showInFolder'] as const)
        expect(await said(way, path)).toContain('is neither of the studio nor was it chosen');
    expect(await said('openPath', inHome)).toContain('is not opened from the window');
    expect(await said('openPath', `chosen:${'a'.repeat(22)}:${script}`)).toContain('was not chosen');
    expect(await app.evaluate((): unknown => Reflect.get(globalThis, 'opened'))).toEqual([]);
    expect(await said('openPath', join(homeFolder(folder), 'reports'))).toBe('opened');
    expect(await said('showInFolder', join(homeFolder(folder), 'reports'))).toBe('opened');
  });

  test('a window that was taken over reads and writes nothing that nobody chose', async () => {
    const { app, page } = studio;
    const own = join(folder, 'own.csv');
    writeFileSync(own, 'text,label\nmine,a\nyours,b\n');
    const profile = join(folder, '.profile');
    for (const [name, input] of [
      ['datasets.inspect', { path: '/etc/passwd' }],
      ['datasets.inspect', { path: own }],
      ['models.add', { path: folder }],
      ['classification.image', { path: own }],
      ['adapters.import', { path: folder }],
      ['runs.import', { path: folder }],
      ['adapters.export', { id: 'any', directory: profile }],
    ] as const)
      await expect(request(page, name, input as never), name).rejects.toThrow('was not chosen in this window');
    expect(existsSync(profile)).toBe(false);
    // A dialog returns a token, which allows reading the same file, but not writing it.
    await answerOpenDialog(app, own);
    await app.evaluate(({ dialog }) => {
      dialog.showSaveDialog = async (...given: unknown[]) => {
        Reflect.set(globalThis, 'proposed', Reflect.get(Object(given.at(-1)), 'defaultPath'));
        return { canceled: true, filePath: '' };
      };
    });
    const token = await page.evaluate(() => window.coto.dialogs.openFile());
    expect(token).toMatch(new RegExp(`^chosen:[\\w-]{22}:${own}$`));
    expect(await request(page, 'datasets.inspect', { path: token ?? '' })).toMatchObject({ name: 'own' });
    await expect(
      request(page, 'adapters.export', { id: 'any', directory: token ?? '' }),
      'what was opened is not written',
    ).rejects.toThrow('was not chosen in this window');
    await page.evaluate(() => window.coto.dialogs.saveFile({ defaultName: '/home/me/.bashrc\u202e\n' }));
    expect(await app.evaluate((): unknown => Reflect.get(globalThis, 'proposed'))).toBe('bashrc');
  });

  test('the window cannot end the backend, nor say that the person chose a path', async () => {
    const { page } = studio;
    const statuses = await page.evaluate(async () => {
      const seen = new Set<string>();
      const grant = { secret: 'z'.repeat(22), path: '/etc', use: 'read' };
      const stop = await new Promise<() => void>((resolve) => {
        const stopListening = window.coto.onStatus(({ status }) => {
          seen.add(status);
          resolve(stopListening);
        });
      });
      for (const more of [{ shutdown: true }, { grant }]) {
        window.coto.post(more);
        window.coto.post({ t: 's', i: 'x', ...more });
        window.coto.post({ t: 'q', m: 'app.status', a: [{}], i: 'x', ...more });
      }
      await new Promise((resolve) => setTimeout(resolve, 1000));
      stop();
      return [...seen];
    });
    expect(statuses).toEqual(['ready']);
    await expect(request(page, 'datasets.inspect', { path: '/etc/passwd' })).rejects.toThrow('was not chosen');
  });

  test('menu and dialogs follow the theme, which is one of three', async () => {
    const { app, page } = studio;
    const source = () => app.evaluate(({ nativeTheme }) => nativeTheme.themeSource);
    await goTo(page, 'Settings');
    for (const theme of ['Dark', 'Light', 'System']) {
      await page.getByRole('radiogroup', { name: 'Theme' }).getByText(theme).click();
      await expect.poll(source).toBe(theme.toLowerCase());
    }
    await page.evaluate(() => Reflect.apply(window.coto.setTheme, null, ['neon']));
    expect(await source()).toBe('system');
  });

  test('the log folder is shown, by the menu and by the page, and no other folder by that way', async () => {
    const { app, page } = studio;
    await app.evaluate(({ shell }) => {
      Reflect.set(globalThis, 'shown', []);
      shell.openPath = async (path) => {
        Reflect.get(globalThis, 'shown').push(path);
        return '';
      };
    });
    await page.evaluate(() => window.coto.showLogs());
    const found = await app.evaluate(({ Menu }) => {
      const help = Menu.getApplicationMenu()?.items.find(({ role }) => role === 'help');
      const item = help?.submenu?.items.find(({ label }) => label === 'Show the log folder');
      item?.click();
      return item !== undefined;
    });
    expect(found).toBe(true);
    const logs = join(homeFolder(folder), 'logs');
    await expect.poll(() => app.evaluate((): unknown => Reflect.get(globalThis, 'shown'))).toEqual([logs, logs]);
  });

  test('typed arrays and NaN survive the whole way from the backend to the page and back', async () => {
    const { page } = studio;
    const outcome = await page.evaluate(async () => {
      const call = (name: string, input: unknown): Promise<unknown> =>
        new Promise((resolve) => {
          const id = `raw-${Math.random()}`;
          const stop = window.coto.on((message) => {
            if (typeof message !== 'object' || message === null || !('i' in message) || message.i !== id) return;
            stop();
            resolve('r' in message ? message.r : null);
          });
          window.coto.post({ t: 'q', i: id, m: name, a: [input] });
        });
      const preview = await call('datasets.preview', { id: 'fashion-mnist-small', split: 'test', limit: 1 });
      const refused = await call('runs.get', { id: Float32Array.of(Number.NaN) });
      const unknown = await call('toString', {});
      const first = Reflect.get(Object(Reflect.get(Object(preview), 'value')), 0);
      const arrays = Object.values(Object(first)).filter((value) => value instanceof Uint8Array);
      return { arrays: arrays.map((array) => array.length > 0), refused, unknown };
    });
    expect(outcome.arrays).toEqual([true]);
    expect(outcome.refused).toMatchObject({ ok: false, error: { code: 'invalid_input' } });
    expect(outcome.unknown).toMatchObject({ ok: false, error: { code: 'not_found' } });
  });
});

describe('a backend that is lost', () => {
  test('is started again, the window says so meanwhile and answers afterwards', async () => {
    const { page } = studio;
    // The backend is ended only once the page listens: it hears the state as it is, then every change.
    const before = await page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          const seen: string[] = [];
          Reflect.set(window, 'seenStatuses', seen);
          window.coto.onStatus((status) => {
            seen.push(`${status.status} ${status.generation}`);
            resolve(status.generation);
          });
        }),
    );
    const statuses = () => page.evaluate(() => Reflect.get(window, 'seenStatuses'));
    process.kill(Number.parseInt(readFileSync(join(homeFolder(folder), 'backend.pid'), 'utf8'), 10), 'SIGKILL');
    await expect
      .poll(statuses)
      .toEqual([`ready ${before}`, `lost ${before}`, `starting ${before + 1}`, `ready ${before + 1}`]);
    await goTo(page, 'Models');
    await page.getByText('quickdraw-vit').first().waitFor();
    expect(logOf('shell')).toContain('"msg":"the backend is lost"');
    expect(logOf('backend').match(/"msg":"the backend starts"/g)).toHaveLength(2);
  });

  function logOf(program: string): string {
    const logs = join(homeFolder(folder), 'logs');
    const files = readdirSync(logs).filter((name) => name.startsWith(`${program}-`));
    return files.map((name) => readFileSync(join(logs, name), 'utf8')).join('');
  }
});

// Last in this file: Playwright goes on waiting for the navigation that was refused.
test('the window leaves its page for no other', async () => {
  const { page } = studio;
  const address = page.url();
  // For other spellings of the app's origin, Chromium drops user and port; a final dot makes another origin.
  for (const target of ['https://example.invalid/', 'app://studio.:80/index.html', 'app://other/index.html']) {
    await page.evaluate((place) => {
      location.href = place;
    }, target);
    await page.waitForTimeout(500);
    expect(page.url()).toBe(address);
  }
  expect(await page.evaluate(() => document.title)).toContain('CoTo Studio');
});
