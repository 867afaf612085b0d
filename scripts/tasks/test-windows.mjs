import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { copyForWindows, endWine, ensureWindows, runInWine, windowsPath } from '../bootstrap/windows.mjs';
import { buildForWindows } from '../bootstrap/windows-addon.mjs';
import { ensureBuild } from '../build.mjs';

// usage: npm run test:windows [-- suites | demo]
// Builds the native addon for Windows with mingw and tests it in Windows's Node under Wine: the conformance suite, golden
// trajectories and the files that the app writes; then `coto demo --quick`. Nothing that is timed here says anything.
const parts = {
  suites: [
    ...['node_modules/vitest/vitest.mjs', 'run', '--project', 'windows'],
    'test/engine/compute/conformance-native.test.ts',
    'test/engine/training/golden-training.test.ts',
    // Without tests of links, which Wine follows otherwise than Windows.
    ...['damaged-database', 'migrations', 'repositories'].map((name) => `test/store/${name}.test.ts`),
    'test/files/atomic.test.ts',
  ],
  demo: ['dist/cli/coto.mjs', 'demo', '--quick'],
};

const asked = process.argv.slice(2);
const unknown = asked.filter((part) => !(part in parts));
if (unknown.length > 0) {
  console.error(`There is no part ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}.`);
  process.exit(2);
}
const windows = ensureWindows();
if ('reason' in windows) {
  console.log(`skipped: ${windows.reason}`);
  process.exit(0);
}
await ensureBuild(['main']);
const addon = buildForWindows(windows);
const cwd = copyForWindows(windows.folder);
const home = join(windows.folder, 'home of the demo');
rmSync(home, { recursive: true, force: true });
const env = { COTO_NATIVE_ADDON: windowsPath(addon), COTO_STUDIO_HOME: windowsPath(home) };
let failed = false;
for (const [name, args] of Object.entries(parts)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const started = Date.now();
  const { status, output } = runInWine(windows, args, { cwd, name, env });
  console.log(readFileSync(output, 'utf8').split('\n').slice(-60).join('\n'));
  const seconds = Math.round((Date.now() - started) / 1000);
  console.log(`== ${name}: ${status === 0 ? 'passed' : 'FAILED'} in ${seconds} s (${output})`);
  failed ||= status !== 0;
}
endWine(windows.folder);
process.exit(failed ? 1 : 0);
