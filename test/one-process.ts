import { readFileSync } from 'node:fs';
import { afterAll, expect, vi } from 'vitest';

/* Before each test file of a project whose files follow one another in a process (vitest.config.ts): to start a process
   and to load the sources again costs more than most of them compute. A file's changes to the process are undone
   afterwards. */

const hasWindow = typeof document !== 'undefined';
const isReplacing = /\bvi\.(?:mock|doMock|resetModules)\(/u.test(
  readFileSync(expect.getState().testPath ?? '', 'utf8'),
);
// A module that is put in another's place only reaches what loads after it, and must not stay for the next file. The window's
// modules keep what is shown and asked, as a page does until it is loaded again.
const isFresh = isReplacing || hasWindow;
if (isFresh) await loadAgain();

const environment = { ...process.env };
afterAll(async () => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  Object.assign(process.env, environment);
  if (isFresh) await loadAgain();
  if (!hasWindow) return;
  document.body.replaceChildren();
  localStorage.clear();
  sessionStorage.clear();
  location.hash = '';
});

/** Our sources load again, tfjs does not: it must not keep a backend whose kernels then know its class no more. */
async function loadAgain(): Promise<void> {
  vi.resetModules();
  if (hasWindow) return;
  const { findBackendFactory, getKernelsForBackend, removeBackend, unregisterKernel } = await import(
    '@tensorflow/tfjs-core'
  );
  if (findBackendFactory('native')) removeBackend('native');
  for (const { kernelName } of getKernelsForBackend('native')) unregisterKernel(kernelName, 'native');
}
