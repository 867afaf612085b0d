import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from '../bootstrap/paths.mjs';
import { ensureVulkanForTests } from '../bootstrap/vulkan.mjs';
import { runNode, tools } from './steps.mjs';

// Everything a change must pass, in the order in which it fails soonest. All steps run, so that one look shows all.
const results = join(root, 'dist', 'test-results');
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });
ensureVulkanForTests();
const task = (name, args = []) => runNode(join(root, 'scripts', 'tasks', `${name}.mjs`), args);
const reporting = (name) => [
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${join(results, `${name}.json`)}`,
];
const counted = ['unit', 'native', 'tfjs', 'e2e'];
/** On the native backend: the engine's suites once more, and tfjs's own tests. Not where it could not be built. */
const onNative = (name, args) => {
  if (existsSync(join(root, 'dist', 'native', 'coto-native.node')))
    return runNode(tools.vitest, ['run', ...args, ...reporting(name)], { env: { COTO_TEST_COMPUTE: 'native' } });
  console.log('skipped: the native compute backend is not built here');
  return 0;
};
const engineSuites = ['training', 'models', 'lora', 'merge', 'tasks', 'generation'].map(
  (name) => `test/engine/${name}`,
);

const steps = [
  ['typecheck', () => task('typecheck')],
  ['lint', () => task('lint')],
  ['build', () => task('build')],
  ['unit', () => runNode(tools.vitest, ['run', ...reporting('unit')])],
  ['native', () => onNative('native', engineSuites)],
  ['tfjs', () => onNative('tfjs', ['--config', 'vitest.tfjs.config.ts'])],
  ['e2e', () => task('e2e', reporting('e2e'))],
  ['dist', () => task('dist', ['--smoke'])],
];
const failedSteps = [];
for (const [name, step] of steps) {
  const started = Date.now();
  const code = await step();
  if (code !== 0) failedSteps.push(name);
  console.log(`\n== ${name}: ${code === 0 ? 'passed' : 'FAILED'} in ${Math.round((Date.now() - started) / 1000)} s\n`);
}

const count = { passed: 0, failed: 0, skipped: 0 };
const troubles = [];
for (const name of counted) {
  const file = join(results, `${name}.json`);
  if (!existsSync(file)) continue;
  const report = JSON.parse(readFileSync(file, 'utf8'));
  count.passed += report.numPassedTests;
  count.failed += report.numFailedTests;
  count.skipped += report.numPendingTests;
  for (const { name: path, status, assertionResults } of report.testResults) {
    if (status !== 'failed') continue;
    const failed = assertionResults.filter((test) => test.status === 'failed').map((test) => test.fullName);
    // A process that crashed fails no test: it leaves some that never ended.
    const stuck = assertionResults.find((test) => test.status === 'pending')?.fullName ?? 'its first test';
    troubles.push(
      `${name}: ${relative(root, path)}: ${failed.length > 0 ? failed.join('; ') : `ended in the middle of "${stuck}"`}`,
    );
  }
}
for (const trouble of troubles) console.log(trouble);
if (failedSteps.length > 0) console.log(`failed: ${failedSteps.join(', ')}`);
console.log(`${count.passed} passed, ${count.failed} failed${count.skipped > 0 ? `, ${count.skipped} skipped` : ''}`);
process.exit(failedSteps.length > 0 || count.passed === 0 ? 1 : 0);
