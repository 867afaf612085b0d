import { cpSync, createWriteStream, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parseArgs } from 'node:util';
import { _electron } from 'playwright-core';
import { z } from 'zod';
import { log } from '../scripts/bootstrap/log.mjs';
import { root } from '../scripts/bootstrap/paths.mjs';
import { ensureBuild } from '../scripts/build.mjs';
import { runNode } from '../scripts/tasks/steps.mjs';
import { electronFlags, withScreen } from '../scripts/tasks/window.mjs';

const allPages = 'data,models,train,runs,adapters,merge,prune,playground,studies,studies/new/merging,reports';
/**
 * Measures the window with many runs, adapters and rows, on a home in a temporary folder that is removed again:
 * node bench/window-scale.mjs --runs 1000 --adapters 500 --rows 1000000
 * Times are CPU milliseconds of the window's main thread, and seconds on the clock for adding the dataset.
 */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000' },
    adapters: { type: 'string', default: '500' },
    rows: { type: 'string', default: '1000000' },
    demo: { type: 'string', default: '' },
    pages: { type: 'string', default: allPages },
  },
});
const notches = 20;
const boxSchema = z.object({ x: z.number(), y: z.number() }).nullable();

/** @typedef {import('playwright-core').Page} Page */

const folder = mkdtempSync(join(tmpdir(), 'coto-scale-'));
const home = join(folder, 'home');
try {
  await ensureBuild(['main', 'report', 'renderer']);
  if (values.demo === '') await coto('demo', '--quick');
  else cpSync(values.demo, home, { recursive: true });
  fill(Number(values.runs), Number(values.adapters));
  if (Number(values.rows) > 0) await addRows(Number(values.rows));
  await withScreen(measure);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** @param {string[]} args */
async function coto(...args) {
  const code = await runNode(join(root, 'dist', 'cli', 'coto.mjs'), [...args, '--home', home]);
  if (code !== 0) throw new Error(`coto ${args.join(' ')} failed with code ${code}.`);
}

/**
 * Copies the demo's runs and adapters under new ids until there are so many.
 * @param {number} runs
 * @param {number} adapters
 */
function fill(runs, adapters) {
  const database = new DatabaseSync(join(home, 'studio.sqlite'));
  for (const [table, count] of /** @type {const} */ ([
    ['runs', runs],
    ['adapters', adapters],
  ])) {
    const rows = database.prepare(`select * from ${table}`).all();
    const names = Object.keys(rows[0] ?? {});
    const insert = database.prepare(
      `insert into ${table} (${names.join(', ')}) values (${names.map(() => '?').join(', ')})`,
    );
    database.exec('begin');
    for (let at = rows.length; at < count; at++) {
      const row = rows[at % rows.length] ?? {};
      const id = `${table.slice(0, -1)}-scale-${at}`;
      // Every record has a folder of its own, by its id.
      cpSync(join(home, String(row['folder'])), join(home, table, id), { recursive: true });
      /** @type {typeof row} */
      const changed = {
        ...row,
        id,
        name: `${String(row['name']).replace(/\d+$/, '')}${at}`,
        created_at: Number(row['created_at']) + at * 1000,
        folder: `${table}/${id}`,
        ...(table === 'runs' ? { study_id: null } : {}),
      };
      insert.run(...names.map((name) => changed[name] ?? null));
    }
    database.exec('commit');
  }
  database.close();
}

/** @param {number} count */
async function addRows(count) {
  const file = join(folder, 'rows.csv');
  const out = createWriteStream(file);
  out.write('text,label\n');
  for (let at = 0; at < count; at++)
    if (!out.write(`the order ${at} was late by ${at % 97} days,${at % 2 === 0 ? 'late' : 'lost'}\n`))
      await new Promise((resolve) => out.once('drain', () => resolve(null)));
  await new Promise((resolve) => out.end(() => resolve(null)));
  const start = performance.now();
  await coto('datasets', 'add', file, '--name', 'rows');
  log(`adding ${count} rows: ${((performance.now() - start) / 1000).toFixed(1)} s`);
}

/** @param {Record<string, string> & { COTO_ELECTRON: string }} env */
async function measure(env) {
  mkdirSync(join(folder, 'config'), { recursive: true });
  const studio = await _electron.launch({
    executablePath: env.COTO_ELECTRON,
    args: [...electronFlags({ virtual: process.platform === 'linux' }), root, '--route=/home'],
    env: { ...process.env, ...env, COTO_STUDIO_HOME: home, COTO_STUDIO_CONFIG: join(folder, 'config') },
  });
  try {
    const page = await studio.firstWindow();
    page.setDefaultTimeout(60_000);
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.getByRole('navigation', { name: 'Pages' }).waitFor();
    await page.waitForTimeout(6000);
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    /** @returns {Promise<number>} */
    const cpu = async () => {
      const { metrics } = await session.send('Performance.getMetrics');
      return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0);
    };
    /** @param {() => Promise<unknown>} act */
    const spent = async (act) => {
      const before = await quiet(page, cpu);
      await act();
      return (await quiet(page, cpu)) - before;
    };
    const large = new DatabaseSync(join(home, 'studio.sqlite'), { readOnly: true });
    const added = large.prepare("select id from datasets where name = 'rows'").all();
    large.close();
    for (const name of [...values.pages.split(','), ...added.map(({ id }) => `data/${id}`)]) {
      const opened = await spent(() => open(page, name));
      const nodes = await page.evaluate(() => document.querySelectorAll('main *').length);
      const scrolled = await scrollCost(page, cpu);
      const filtered = await filterCost(page, spent);
      log(
        `${name}: open ${opened.toFixed(0)} ms, ${nodes} elements` +
          (scrolled === null ? '' : `, scroll ${scrolled.toFixed(1)} ms a notch`) +
          (filtered === null ? '' : `, filter ${filtered.toFixed(0)} ms a letter`),
      );
    }
  } finally {
    await studio.close();
  }
}

/**
 * @param {Page} page
 * @param {string} name
 */
async function open(page, name) {
  await page.evaluate((hash) => {
    location.hash = hash;
  }, `#/${name}`);
}

/**
 * The main thread's milliseconds once it rests.
 * @param {Page} page
 * @param {() => Promise<number>} cpu
 */
async function quiet(page, cpu) {
  let last = await cpu();
  for (let calm = 0; calm < 3; ) {
    await page.waitForTimeout(200);
    const now = await cpu();
    calm = now - last < 5 ? calm + 1 : 0;
    last = now;
  }
  return last;
}

/**
 * Milliseconds a notch of the wheel over the tallest scrolling element costs, drawing included; null where none scrolls.
 * @param {Page} page
 * @param {() => Promise<number>} cpu
 */
async function scrollCost(page, cpu) {
  const at = boxSchema.parse(
    await page.evaluate(() => {
      const tall = [...document.querySelectorAll('main, main *')]
        .filter((one) => {
          const { overflowY } = getComputedStyle(one);
          return (overflowY === 'auto' || overflowY === 'scroll') && one.scrollHeight > one.clientHeight + 400;
        })
        .sort((one, other) => other.scrollHeight - one.scrollHeight)[0];
      if (tall === undefined) return null;
      const box = tall.getBoundingClientRect();
      return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    }),
  );
  if (at === null) return null;
  await page.mouse.move(at.x, at.y);
  const before = await quiet(page, cpu);
  for (let notch = 0; notch < notches; notch++) {
    await page.mouse.wheel(0, 100);
    await page.waitForTimeout(50);
  }
  return ((await quiet(page, cpu)) - before) / notches;
}

/**
 * Milliseconds a letter in the page's filter costs; null where the page has none.
 * @param {Page} page
 * @param {(act: () => Promise<unknown>) => Promise<number>} spent
 */
async function filterCost(page, spent) {
  const filter = page
    .locator('main')
    .getByPlaceholder(/^(Filter|Search|Find)/)
    .first();
  if ((await filter.count()) === 0 || !(await filter.isVisible())) return null;
  const letters = '77';
  await filter.focus();
  const milliseconds = await spent(async () => {
    for (const letter of letters) {
      await page.keyboard.type(letter);
      await page.waitForTimeout(400);
    }
  });
  await filter.fill('');
  return milliseconds / letters.length;
}
