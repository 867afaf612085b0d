import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { pageNames } from '../../src-shared/pages.ts';
import { DevTools, poll } from './cdp.ts';
import { demoHome } from './demo-home.ts';
import { electronArguments, electronBinary, projectRoot } from './environment.ts';
import { isLoaded } from './is-loaded.ts';
import { cpuSecondsOf } from './process-time.ts';

/**
 * Target times in CPU seconds of the machine on which they were set, when idle. They cover all processes until the
 * window is usable, and the page's main thread until a newly opened page has settled. A fixed piece of work timed
 * beside them tells how much more a slower or busy machine needs. Redraws of a long run are measured by
 * `bench/metrics.mjs --window`; test/src-renderer/features/runs/charts/live-redraw.test.tsx checks that they render no page.
 */
const wished = { start: 1.6, page: 0.2 };
/** Measured values above the targets: tests enforce them until they improve, and report them as missed. */
const today: Readonly<Record<string, number>> = { start: 1.9, Prune: 0.283 };
/** The share by which one measurement may differ from the next. */
const noise = 1.15;
/** CPU seconds of that piece of work on the machine of the budgets. */
const referenceSeconds = 0.02;
/** The best of several starts counts for each value: other work only ever adds time. */
const starts = 3;

const folder = mkdtempSync(join(tmpdir(), 'coto-speed-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Measured {
  start: number;
  parts: Readonly<Record<string, number>>;
  switches: ReadonlyMap<string, number>;
}

test.runIf(process.platform === 'linux')('the window is ready, and changes its page, within the budget', async () => {
  const home = demoHome(folder);
  let best = await measure(home);
  for (let start = 1; start < starts && overBudget(best).length > 0; start++) best = better(best, await measure(home));
  for (const miss of missed(best)) console.log(`more than wished for: ${miss}`);
  expect(overBudget(best)).toEqual([]);
});

async function measure(home: string): Promise<Measured> {
  const portFile = join(home, 'window', 'DevToolsActivePort');
  // Removes the port of the previous start.
  rmSync(portFile, { force: true });
  const app = spawn(
    electronBinary,
    [...electronArguments, '--remote-debugging-port=0', '--remote-allow-origins=*', projectRoot],
    { env: { ...process.env, COTO_STUDIO_HOME: home }, stdio: 'ignore' },
  );
  try {
    const port = await poll(async () => Number(readFileSync(portFile, 'utf8').split('\n')[0]));
    const tools = await DevTools.connect(port);
    await poll(() => tools.evaluate(`document.querySelector('footer')?.textContent.includes('free')`));
    await poll(() => tools.evaluate(isSettled('Home')));
    const { total, parts } = cpuSecondsOf(app.pid ?? 0);
    // Said on enabling: set before, it is forgotten, and what is measured is the time that the clock on the wall takes.
    await tools.send('Performance.enable', { timeDomain: 'threadTicks' });
    const slowness = await slownessNow(tools);
    const switches = new Map<string, number>();
    // Wait until deferred modules are loaded.
    await new Promise((resolve) => setTimeout(resolve, 4000));
    for (const { id, label } of pageNames.slice(1)) switches.set(label, await secondsOfSwitch(tools, id, label));
    tools.close();
    const measured = { start: total / slowness, parts, switches };
    console.log(`${described(measured)}\nthis machine needs ${slowness.toFixed(2)} times the reference`);
    return measured;
  } finally {
    await ended(app);
  }
}

/** Main-thread seconds, as of the reference, from the change of the address until nothing has been drawn for a while. */
async function secondsOfSwitch(tools: DevTools, id: string, label: string): Promise<number> {
  const before = await quiet(tools);
  await tools.evaluate(`location.hash = '#/${id}'`);
  await poll(() => tools.evaluate(isSettled(label)));
  const seconds = (await quiet(tools)) - before;
  return seconds / (await slownessNow(tools));
}

/** Measures the slowdown of the reference work, by the median of several; a faster machine has no excuse. */
async function slownessNow(tools: DevTools): Promise<number> {
  const seconds: number[] = [];
  for (let time = 0; time < 7; time++) {
    const before = await tools.mainThreadSeconds();
    await tools.evaluate(`(${referenceWork})()`);
    seconds.push((await tools.mainThreadSeconds()) - before);
  }
  const middle = seconds.sort((one, other) => one - other)[3] ?? referenceSeconds;
  return Math.max(1, middle / referenceSeconds);
}

/** In the page: what a page does when it is drawn, in small: objects, elements, styles and where they lie. */
function referenceWork(): number {
  const rows = Array.from({ length: 400 }, (_, index) => ({
    id: `row-${index}`,
    values: [index, index / 7, `${index}`],
  }));
  const copied = JSON.stringify(JSON.parse(JSON.stringify(rows))).length;
  const holder = document.createElement('div');
  holder.style.cssText = 'position: fixed; left: -9999px; width: 400px';
  for (const { id, values } of rows) {
    const row = document.createElement('div');
    row.className = 'mantine-Input-wrapper';
    row.setAttribute('data-row', id);
    for (const value of values)
      row.append(Object.assign(document.createElement('span'), { textContent: String(value) }));
    holder.append(row);
  }
  document.body.append(holder);
  const { height } = holder.getBoundingClientRect();
  holder.remove();
  return copied + height;
}

/** The main thread's seconds once it does next to nothing for three looks in a row. */
async function quiet(tools: DevTools): Promise<number> {
  let last = await tools.mainThreadSeconds();
  for (let calm = 0; calm < 3; ) {
    await new Promise((resolve) => setTimeout(resolve, 150));
    const now = await tools.mainThreadSeconds();
    calm = now - last < 0.003 ? calm + 1 : 0;
    last = now;
  }
  return last;
}

/** In the page: whether its heading is there and nothing that is in sight stands for what is still loading. */
function isSettled(label: string): string {
  return `document.querySelector('h1')?.textContent === '${label}' && (${isLoaded})()`;
}

async function ended(app: ChildProcess): Promise<void> {
  const end = new Promise((resolve) => app.once('exit', resolve));
  app.kill('SIGTERM');
  await end;
}

function better(one: Measured, other: Measured): Measured {
  const switches = new Map(
    [...other.switches].map(([page, seconds]) => [page, Math.min(seconds, one.switches.get(page) ?? seconds)]),
  );
  return { ...(one.start < other.start ? one : other), switches };
}

type Seconds = readonly [name: string, seconds: number];

function secondsOf({ start, switches }: Measured): Seconds[] {
  return [['start', start], ...switches];
}

function wishedOf(name: string): number {
  return name === 'start' ? wished.start : wished.page;
}

/** Returns values above their budget: the tested change made them slower. */
function overBudget(measured: Measured): string[] {
  return above(measured, (name) => noise * (today[name] ?? wishedOf(name)));
}

/** Returns values above their target, including known ones. */
function missed(measured: Measured): string[] {
  return above(measured, wishedOf);
}

function above(measured: Measured, limitOf: (name: string) => number): string[] {
  return secondsOf(measured)
    .filter(([name, seconds]) => seconds > limitOf(name))
    .map(([name, seconds]) => `${name} ${seconds.toFixed(2)} s, at most ${limitOf(name).toFixed(2)} s`);
}

function described({ start, parts, switches }: Measured): string {
  const list = (entries: Iterable<[string, number]>) =>
    [...entries].map(([name, seconds]) => `${name} ${seconds.toFixed(2)}`).join(', ');
  return `CPU seconds until usable: ${start.toFixed(2)} (${list(Object.entries(parts))})\nmain thread of each first visit: ${list(switches)}`;
}
