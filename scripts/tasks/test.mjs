import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { z } from 'zod';
import { root } from '../bootstrap/paths.mjs';
import { ensureVulkanForTests } from '../bootstrap/vulkan.mjs';
import { runNode, tools } from './steps.mjs';

// usage: npm test [-- --whole]
// Runs the checks that a change must pass, in the order in which they fail soonest. All steps run, so that one look shows all. With --whole, as in
// .ci/run, also what takes too long for every change: vitest.config.ts says what that is.
const isWhole = process.argv.includes('--whole');
const results = join(root, 'dist', 'test-results');
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });
ensureVulkanForTests();
/** Counted fields of Vitest's JSON report. */
const reportSchema = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string().default(''),
      assertionResults: z.array(z.object({ status: z.string(), fullName: z.string() })),
    }),
  ),
});
/** @type {(name: string, args?: string[]) => Promise<number>} */
const task = (name, args = []) => runNode(join(root, 'scripts', 'tasks', `${name}.mjs`), args);
/** @param {string} name */
const reporting = (name) => [
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${join(results, `${name}.json`)}`,
];
const counted = ['unit', 'unit-again', 'native', 'tfjs', 'e2e'];
/** Folder of the built programs that tests start in threads and processes: bundles load in half the time of the sources. */
const built = join(root, 'dist');
const nativeAddon = join(root, 'dist', 'native', 'coto-native.node');
// Hundreds of processes load the same sources and packages: what Node has compiled of them once is kept for the others.
process.env['NODE_COMPILE_CACHE'] ??= join(root, '.cache', 'compiled');
/**
 * On the native backend: the engine's suites once more, and tfjs's own tests. Not where it could not be built.
 * @type {(project: string) => number | Promise<number>}
 */
const onNative = (project) => {
  if (existsSync(nativeAddon)) return runNode(tools.vitest, ['run', '--project', project, ...reporting(project)]);
  console.log('skipped: the native compute backend is not built here');
  return 0;
};

/** @type {[name: string, step: () => number | Promise<number>][]} */
const steps = [
  ['typecheck', () => task('typecheck')],
  ['lint', () => task('lint')],
  ['build', () => task('build')],
  ['unit', () => runNode(tools.vitest, ['run', '--project', 'unit*', ...reporting('unit')])],
  ['native', () => onNative('native')],
  ['tfjs', () => onNative('tfjs')],
  ['e2e', () => task('e2e', reporting('e2e'))],
];
/** @type {string[]} */
const failedSteps = [];
/** @type {string[]} */
const remarks = [];
for (const [name, step] of steps) {
  const started = Date.now();
  let code = await step();
  if (name === 'build' && code === 0) process.env['COTO_BUILT_PROGRAMS'] ??= built;
  // Without the native backend its suites have to run on wasm.
  if (name === 'build' && !isWhole && existsSync(nativeAddon)) process.env['COTO_TEST_EVERYDAY'] = '1';
  if (code !== 0 && name === 'unit') code = await againWhereCrashed(code);
  if (code !== 0) failedSteps.push(name);
  console.log(`\n== ${name}: ${code === 0 ? 'passed' : 'FAILED'} in ${Math.round((Date.now() - started) / 1000)} s\n`);
}

const count = { passed: 0, failed: 0, skipped: 0 };
for (const name of counted) {
  const report = reportOf(name);
  if (report === null) continue;
  count.passed += report.numPassedTests;
  count.failed += report.numFailedTests;
  count.skipped += report.numPendingTests;
  for (const { name: path, status, message, assertionResults } of report.testResults) {
    const failed = assertionResults.filter((test) => test.status === 'failed').map((test) => test.fullName);
    // A file that could not be read has no tests.
    if (status === 'failed' && failed.length === 0 && message !== '') failed.push(message);
    if (failed.length > 0) remarks.push(`${name}: ${relative(root, path)}: ${failed.join('; ')}`);
  }
}
for (const remark of remarks) console.log(remark);
if (failedSteps.length > 0) console.log(`failed: ${failedSteps.join(', ')}`);
console.log(`${count.passed} passed, ${count.failed} failed${count.skipped > 0 ? `, ${count.skipped} skipped` : ''}`);
process.exit(failedSteps.length > 0 || count.passed === 0 ? 1 : 0);

/**
 * Returns Vitest's report of a step, or null if there is none.
 * @param {string} name
 */
function reportOf(name) {
  const file = join(results, `${name}.json`);
  return existsSync(file) ? reportSchema.parse(JSON.parse(readFileSync(file, 'utf8'))) : null;
}

/**
 * A process that crashes fails no test: it leaves some that never ended. Such files, and only they, are run once more, so that
 * what else there is to see is seen; the crash is said at the end of the run either way.
 * @param {number} code the exit code of the first run
 */
async function againWhereCrashed(code) {
  const report = reportOf('unit');
  if (report === null || report.numFailedTests > 0) return code;
  const crashed = report.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const stuck = assertionResults.find((test) => test.status === 'pending');
    return status === 'failed' && message === ''
      ? [{ path: relative(root, name), test: stuck?.fullName ?? 'its first test' }]
      : [];
  });
  if (crashed.length === 0) return code;
  for (const { path, test } of crashed) remarks.push(`CRASHED: ${path} in the middle of "${test}"`);
  const again = await runNode(tools.vitest, [
    ...['run', '--project', 'unit*', ...crashed.map(({ path }) => path)],
    ...reporting('unit-again'),
  ]);
  remarks.push(`run again, ${again === 0 ? 'it passed' : 'it failed'}`);
  return again;
}
