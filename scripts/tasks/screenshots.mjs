import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { _electron } from 'playwright-core';
import sharp from 'sharp';
import { fail, log } from '../bootstrap/log.mjs';
import { root } from '../bootstrap/paths.mjs';
import { ensureBuild } from '../build.mjs';
import { cotoCommand } from './coto-command.mjs';
import { run } from './steps.mjs';
import { electronFlags, withScreen } from './window.mjs';

// usage: npm run screenshots [-- --home FOLDER] [-- --out FOLDER]
// Every page in light and dark, at 1400 × 900, from a home that the quick demo filled (or the one given).
const { values } = parseArgs({ options: { home: { type: 'string' }, out: { type: 'string' } } });
const given = values.home;
const out = values.out ?? join(root, 'docs', 'images');
const size = { width: 1400, height: 900 };

await ensureBuild(['main', 'report', 'renderer']);
mkdirSync(out, { recursive: true });
// Under a name of its own, since pages show where things lie: an image shall not name the folder of whoever took it.
const stage = join(tmpdir(), 'coto-studio');
rmSync(stage, { recursive: true, force: true });
mkdirSync(stage);
const app = join(stage, 'app');
symlinkSync(root, app);
const home = given ?? join(stage, 'home');
if (!given) {
  log('filling a home with the quick demo …');
  const demo = await run(process.execPath, [...cotoCommand, 'demo', '--quick', '--home', home]);
  if (demo !== 0) fail('the demo failed: see above.');
}
await withScreen(async (env) => {
  const studio = await _electron.launch({
    executablePath: env.COTO_ELECTRON,
    args: [...electronFlags({ virtual: process.platform === 'linux' }), app],
    // The developer's own Hugging Face cache is hidden.
    env: {
      ...process.env,
      ...env,
      COTO_STUDIO_HOME: home,
      COTO_STUDIO_CONFIG: join(stage, 'config'),
      HF_HOME: join(stage, 'huggingface'),
    },
  });
  const page = await studio.firstWindow();
  await page.setViewportSize(size);
  await page.getByRole('navigation', { name: 'Pages' }).waitFor();
  const ids = await page.evaluate(() =>
    [...document.querySelectorAll('nav[aria-label="Pages"] a')].map((link) =>
      (link.getAttribute('href') ?? '').slice(2),
    ),
  );
  for (const theme of /** @type {const} */ (['light', 'dark'])) {
    await page.emulateMedia({ colorScheme: theme });
    for (const id of ids) {
      await show(page, `#/${id}`);
      await prepare(page, id);
      await page.screenshot({ path: join(out, `${id}-${theme}.png`) });
    }
    await show(page, '#/data');
    await page.getByText('CMUdict pronunciations').first().click();
    await page.getByText('Tokenized', { exact: true }).click();
    await page.waitForTimeout(1500);
    await page.getByText('Token length').scrollIntoViewIfNeeded();
    await page.screenshot({ path: join(out, `data-texts-${theme}.png`) });
    const run = await firstRun(page);
    if (run) {
      await show(page, run);
      await page.waitForTimeout(1500);
      await page.screenshot({ path: join(out, `run-${theme}.png`) });
    }
    await show(page, '#/train');
    await page
      .getByRole('button', { name: /^Help: / })
      .first()
      .click();
    await page.getByRole('dialog').waitFor();
    await page.waitForTimeout(800);
    await page.screenshot({ path: join(out, `help-${theme}.png`) });
    await page.keyboard.press('Escape');
  }
  await studio.close();
});
rmSync(stage, { recursive: true, force: true });
for (const name of readdirSync(out).filter((entry) => entry.endsWith('.png'))) {
  const path = join(out, name);
  // All colors: a palette of 256 turns small colored marks grey, and grades dark surfaces. A third of the size of PNG.
  writeFileSync(path.replace(/png$/, 'webp'), await sharp(path).webp({ lossless: true, effort: 6 }).toBuffer());
  rmSync(path);
}
log(`images in ${out}`);

/**
 * @param {import('playwright-core').Page} page
 * @param {string} hash
 */
async function show(page, hash) {
  await page.evaluate((address) => {
    location.hash = address;
  }, hash);
  await page.waitForFunction(() =>
    [...document.querySelectorAll('.mantine-Skeleton-root')].every((one) => one.getBoundingClientRect().width === 0),
  );
  await page.waitForTimeout(1200);
}

/**
 * Brings a page into its typical state.
 * @param {import('playwright-core').Page} page
 * @param {string} id
 */
async function prepare(page, id) {
  if (id === 'home') {
    await page.getByText('Connecting to the backend').waitFor({ state: 'hidden', timeout: 60_000 });
    await show(page, '#/home');
    // The backend finds out about the machine in its own time, and the page asks now and then.
    for (const pending of ['detecting…', 'detecting…'])
      await page.getByText(pending).first().waitFor({ state: 'hidden', timeout: 20_000 });
  }
  if (id === 'train') {
    const toggle = page.getByRole('switch', { name: 'CoTo' });
    if (!(await toggle.isChecked())) await toggle.click({ force: true });
    await page.waitForTimeout(1000);
  }
  if (id === 'merge') {
    const adders = page.getByRole('button', { name: /^Add .* to the bench$/ });
    for (let index = 0; index < Math.min(2, await adders.count()); index++) {
      if (await adders.nth(index).isEnabled()) await adders.nth(index).click();
    }
    await page.waitForTimeout(800);
  }
  if (id === 'runs') {
    const boxes = page.getByRole('table', { name: 'Runs' }).getByRole('checkbox');
    for (let index = 1; index < Math.min(3, await boxes.count()); index++) await boxes.nth(index).check();
    await page.waitForTimeout(1500);
  }
  if (id === 'playground') {
    await page.getByRole('textbox', { name: 'Prompt' }).fill('The people of the United States');
    await page.getByLabel('Max new tokens', { exact: true }).fill('80');
    await page.getByRole('button', { name: 'Generate', exact: true }).click();
    await page.getByText(/max tokens|EOS/).waitFor({ timeout: 60_000 });
    // Scrolls to the start of the page.
    await page.getByRole('heading', { name: 'Model', exact: true }).scrollIntoViewIfNeeded();
  }
  if (id === 'studies' || id === 'reports') {
    const row = page.getByRole('row').nth(1);
    if (await row.count()) await row.click();
    await page.waitForTimeout(1500);
  }
}

/**
 * The address of the page of a run with CoTo, if there is one.
 * @param {import('playwright-core').Page} page
 */
async function firstRun(page) {
  await show(page, '#/runs');
  const row = page.getByRole('row').filter({ hasText: 'CoTo' }).nth(1);
  if ((await row.count()) === 0) return null;
  await row.dblclick();
  const open = page.getByRole('button', { name: 'Open', exact: true });
  if (await open.count()) await open.click();
  return page.evaluate(() => location.hash);
}
