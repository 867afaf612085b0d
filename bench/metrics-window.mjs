import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { _electron } from 'playwright-core';
import { z } from 'zod';
import { log } from '../scripts/bootstrap/log.mjs';
import { root } from '../scripts/bootstrap/paths.mjs';
import { ensureBuild } from '../scripts/build.mjs';
import { electronFlags, withScreen } from '../scripts/tasks/window.mjs';

/**
 * @typedef {import('playwright-core').Page} Page
 * @typedef {import('playwright-core').ElectronApplication} Studio
 */

/** Fields of a Chromium trace event that are read; times are in microseconds. */
const traceEventSchema = z.object({
  name: z.string(),
  ph: z.string(),
  pid: z.number(),
  tid: z.number(),
  ts: z.number().default(0),
  tdur: z.number().default(0),
  args: z
    .object({
      name: z.unknown().optional(),
      chrome_mojo_event_info: z.object({ mojo_interface_tag: z.unknown().optional() }).optional(),
    })
    .optional()
    .catch(undefined),
});
/** @typedef {z.infer<typeof traceEventSchema>} TraceEvent */

const deltas = 100;
const stepsInDelta = 7;
/** Each delta of these brings a new point to every curve and a pause long enough that it is drawn before the next. */
const redraws = { deltas: 40, steps: 128, pause: 500 };

/**
 * Opens the built app on a home and measures there: from the click to the curves, and what a delta of a running run costs
 * the window's main thread. `pictures` names a folder for images of the pages, light and dark.
 * @param {{ home: string, totalSteps: number, groups: string[], pictures: string | undefined }} what
 */
export async function measureWindow({ home, totalSteps, groups, pictures }) {
  await ensureBuild(['main', 'report', 'renderer']);
  await withScreen(async (env) => {
    const studio = await _electron.launch({
      executablePath: env.COTO_ELECTRON,
      args: [...electronFlags({ virtual: process.platform === 'linux' }), root],
      env: { ...process.env, ...env, COTO_STUDIO_HOME: home, COTO_STUDIO_CONFIG: join(home, 'config') },
    });
    try {
      const page = await studio.firstWindow();
      await page.setViewportSize({ width: 1400, height: 900 });
      await page.getByRole('navigation', { name: 'Pages' }).waitFor();
      await page.waitForTimeout(3000);
      const session = await page.context().newCDPSession(page);
      await session.send('Performance.enable', { timeDomain: 'threadTicks' });
      const cpu = async () => {
        const { metrics } = await session.send('Performance.getMetrics');
        return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0);
      };
      for (const id of ['run-short', 'run-short', 'run-long', 'run-groups', 'run-long', 'run-short']) {
        await goTo(page, '#/home');
        await page.waitForTimeout(1000);
        const asked = await page.evaluate(askHistory, id);
        const before = await cpu();
        const opened = await page.evaluate(openRun, id);
        const spent = (await cpu()) - before;
        log(
          `${id}: curves in the window ${asked.toFixed(0)} ms after they were asked for; its page from click to first curve ` +
            `${opened.first.toFixed(0)} ms, to all ${opened.figures} figures in sight ${opened.all.toFixed(0)} ms ` +
            `(CPU time of the main thread in all: ${spent.toFixed(0)} ms)`,
        );
        await page.waitForTimeout(1500);
      }
      await goTo(page, '#/runs/run-long');
      await page.waitForTimeout(3000);
      await measureDeltas(studio, page, { totalSteps, groups });
      if (pictures) await takePictures(page, pictures);
    } finally {
      await studio.close();
    }
  });
}

/**
 * In the page: milliseconds from the request to its answer, over the window's own wire.
 * @param {string} id
 * @returns {Promise<number>}
 */
function askHistory(id) {
  return new Promise((resolve) => {
    const metrics = ['loss', 'learning_rate', 'grad_norm', 'step_milliseconds', 'active_share', 'eval_accuracy'];
    const start = performance.now();
    const stop = window.coto.on((message) => {
      if (typeof message !== 'object' || message === null || !('t' in message) || !('i' in message)) return;
      if (message.t !== 's' || message.i !== 'bench') return;
      stop();
      resolve(performance.now() - start);
    });
    window.coto.post({
      t: 'q',
      i: 'bench',
      m: 'runs.history',
      a: [{ ids: [id], metrics, masks: true, buckets: 1024 }],
    });
  });
}

/**
 * In the page: milliseconds from the change of address to the first curve and to the last figure in sight.
 * @param {string} id
 * @returns {Promise<{ first: number, all: number, figures: number }>}
 */
function openRun(id) {
  return new Promise((resolve) => {
    const start = performance.now();
    let first = 0;
    let all = 0;
    let figures = 0;
    const look = () => {
      const now = performance.now() - start;
      const drawn = document.querySelectorAll('.js-plotly-plot .main-svg').length;
      const curve =
        'figure[aria-label="Training loss"] :is(.scatterlayer .trace:not([style*="opacity: 0"]) path, canvas[data-drawn])';
      if (first === 0 && document.querySelector(curve)) first = now;
      if (drawn > figures) {
        figures = drawn;
        all = now;
      }
      if (first > 0 && now - all > 1000)
        resolve({ first, all, figures: document.querySelectorAll('.js-plotly-plot').length });
      else requestAnimationFrame(look);
    };
    location.hash = `#/runs/${id}`;
    requestAnimationFrame(look);
  });
}

/**
 * Sends what the backend sends of a run, ten times a second, and reads the main thread's tasks from a trace.
 * @param {Studio} studio
 * @param {Page} page
 * @param {{ totalSteps: number, groups: string[] }} run
 */
async function measureDeltas(studio, page, { totalSteps, groups }) {
  const session = await page.context().newCDPSession(page);
  /** @type {unknown[]} */
  const traced = [];
  session.on('Tracing.dataCollected', ({ value }) => traced.push(...value));
  /** @type {(runId: string, count: number, pause: number, steps?: number) => Promise<TraceEvent[]>} */
  const trace = async (runId, count, pause, steps = stepsInDelta) => {
    traced.length = 0;
    await session.send('Tracing.start', {
      transferMode: 'ReportEvents',
      categories: 'toplevel,devtools.timeline,v8,blink.user_timing',
    });
    await studio.evaluate(sendDeltas, { runId, count, pause, totalSteps, groups, stepsInDelta: steps });
    await page.waitForTimeout(500);
    const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
    await session.send('Tracing.end');
    await complete;
    return z.array(traceEventSchema).parse(traced);
  };
  for (const runId of ['run-other', 'run-long']) {
    const { messages, rest } = readTrace(await trace(runId, deltas, 100));
    log(
      `${deltas} deltas of ${runId} in ${deltas / 10} s, CPU time of the window's main thread: ` +
        `${statistics(perDelta(messages))} a delta; everything else ${rest.toFixed(0)} ms`,
    );
  }
  const drawn = perRedraw(await trace('run-long', redraws.deltas, redraws.pause, redraws.steps));
  log(
    `${redraws.deltas} deltas of ${redraws.steps} steps, each drawn: ${statistics(drawn)} of the window's main thread a redraw, ` +
      'all that follows from its delta taken together',
  );
}

/**
 * CPU milliseconds of all the main thread's tasks from one delta to the next. The first delta and what follows it are left
 * out: the trace itself has just begun.
 * @param {TraceEvent[]} found
 */
function perRedraw(found) {
  const own = mainThreadEvents(found);
  const starts = own
    .filter(isFromShell)
    .sort((one, other) => one.ts - other.ts)
    .filter((event, index, all) => event.ts - (all[index - 1]?.ts ?? 0) > 100_000)
    // The task that a message comes in begins a little before it.
    .map(({ ts }) => ts - 1000);
  const tasks = own.filter(({ name }) => name === 'ThreadControllerImpl::RunTask');
  return starts
    .map((start, index) => {
      const end = starts[index + 1] ?? start + 1000 * redraws.pause;
      return sum(tasks.filter(({ ts }) => ts >= start && ts < end).map(({ tdur }) => tdur / 1000));
    })
    .slice(1);
}

/**
 * A delta is two messages: its metrics and its masks.
 * @param {number[]} messages
 */
function perDelta(messages) {
  return messages.flatMap((time, index) => (index % 2 === 1 ? [time + (messages[index - 1] ?? 0)] : []));
}

/**
 * In the shell: sends deltas to the window as the relay does. The steps of a run that goes on are counted in the shell's global.
 * @param {typeof import('electron')} electron
 * @param {object} what
 * @param {string} what.runId
 * @param {number} what.count of deltas
 * @param {number} what.pause after each, in milliseconds
 * @param {number} what.totalSteps
 * @param {string[]} what.groups
 * @param {number} what.stepsInDelta
 */
async function sendDeltas({ BrowserWindow }, { runId, count, pause, totalSteps, groups, stepsInDelta: steps }) {
  /** @type {typeof globalThis & { nextStep?: number }} */
  const shell = globalThis;
  let nextStep = shell.nextStep ?? totalSteps;
  const [window] = BrowserWindow.getAllWindows();
  for (let index = 0; index < count; index++) {
    const first = runId === 'run-long' ? nextStep : 0;
    if (runId === 'run-long') nextStep += steps;
    const at = Int32Array.from({ length: steps }, (_, step) => first + step);
    /** @type {(name: string, value: number) => { name: string, steps: Int32Array, values: Float64Array }} */
    const column = (name, value) => ({ name, steps: at, values: Float64Array.from(at, () => value) });
    const columns = [
      column('loss', 0.1 + 0.1 * Math.random()),
      column('learning_rate', 1e-5),
      column('grad_norm', Math.random()),
      column('step_milliseconds', 15),
      column('active_share', 1),
      column('p', 1),
    ];
    const bytes = new Uint8Array(steps * groups.length).fill(1);
    /** @type {(m: string, payload: object) => void} */
    const event = (m, payload) => window?.webContents.send('studio:from-backend', { t: 'q', m, a: [payload] });
    event('run.metrics', { runId, columns });
    event('run.masks', { runId, masks: { firstStep: first, groupCount: groups.length, bytes } });
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  shell.nextStep = nextStep;
}

/**
 * CPU milliseconds of each message from the shell on the page's main thread, and of all its other tasks together.
 * @param {TraceEvent[]} found
 */
function readTrace(found) {
  const own = mainThreadEvents(found);
  /** @param {TraceEvent} event */
  const time = (event) => event.tdur / 1000;
  const messages = own
    .filter(isFromShell)
    .sort((one, other) => one.ts - other.ts)
    .map(time);
  const tasks = own.filter((event) => event.name === 'ThreadControllerImpl::RunTask').map(time);
  return { messages, rest: sum(tasks) - sum(messages) };
}

/** @param {TraceEvent[]} found */
function mainThreadEvents(found) {
  const main = found.find((event) => event.name === 'thread_name' && event.args?.name === 'CrRendererMain');
  return found.filter((event) => event.ph === 'X' && event.pid === main?.pid && event.tid === main?.tid);
}

/** @param {TraceEvent} event */
function isFromShell({ args }) {
  return args?.chrome_mojo_event_info?.mojo_interface_tag === 'electron.mojom.ElectronRenderer';
}

/** @param {number[]} values */
function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}

/** @param {number[]} values */
function statistics(values) {
  const sorted = [...values].sort((a, b) => a - b);
  /** @param {number} share */
  const at = (share) => (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(2);
  return `mean ${(sum(values) / Math.max(1, values.length)).toFixed(2)} ms, median ${at(0.5)} ms, 95th of a hundred ${at(0.95)} ms, worst ${at(1)} ms`;
}

/**
 * @param {Page} page
 * @param {string} address
 */
function goTo(page, address) {
  return page.evaluate((hash) => {
    location.hash = hash;
  }, address);
}

/**
 * @param {Page} page
 * @param {string} folder
 */
async function takePictures(page, folder) {
  mkdirSync(folder, { recursive: true });
  /** @param {string} name */
  const picture = (name) => page.screenshot({ path: join(folder, `${name}.png`) });
  for (const theme of /** @type {const} */ (['light', 'dark'])) {
    await page.emulateMedia({ colorScheme: theme });
    for (const id of ['run-long', 'run-groups', 'run-short']) {
      await goTo(page, `#/runs/${id}`);
      await page.waitForTimeout(2500);
      await picture(`${id}-${theme}`);
    }
    await goTo(page, '#/runs/run-groups');
    await page.waitForTimeout(2500);
    const box = await page.locator('figure[aria-label="Training loss"] .nsewdrag').first().boundingBox();
    if (box === null) throw new Error('The training loss is not in sight.');
    const { x, y, width, height } = box;
    await page.mouse.move(x + 0.3 * width, y + 0.1 * height);
    await page.mouse.down();
    await page.mouse.move(x + 0.33 * width, y + 0.12 * height, { steps: 4 });
    await page.mouse.up();
    await page.waitForTimeout(2500);
    await picture(`zoomed-${theme}`);
    await page.getByRole('tab', { name: 'Charts' }).click();
    await page.getByText('time', { exact: true }).first().click();
    await page.getByRole('figure', { name: 'Gradient norm by layer' }).scrollIntoViewIfNeeded();
    await page.waitForTimeout(2500);
    await picture(`below-${theme}`);
    await goTo(page, '#/runs');
    await page.waitForTimeout(1500);
    const boxes = page.getByRole('table', { name: 'Runs' }).getByRole('checkbox');
    for (let index = 1; index < Math.min(4, await boxes.count()); index++) await boxes.nth(index).check();
    await page.waitForTimeout(2500);
    await picture(`comparison-${theme}`);
  }
}
