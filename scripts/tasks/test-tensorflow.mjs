import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { findInstallation } from '../../src-main/engine/compute/tensorflow/installation.ts';
import { root } from '../bootstrap/paths.mjs';
import { runNode, tools } from './steps.mjs';

// usage: npm run test:tensorflow [-- --setup]
// The conformance suite and a training on libtensorflow, where it is set up; --setup does that first, if it can be had in time.
const setupMinutes = 8;

if (findInstallation() === null && process.argv.includes('--setup')) {
  const script = join(root, 'src-main', 'engine', 'setup-tensorflow.ts');
  spawnSync(process.execPath, [script, '--cpu'], { stdio: 'inherit', timeout: setupMinutes * 60_000, cwd: root });
}
if (findInstallation() === null) {
  console.log('skipped: libtensorflow is not set up here ("npm run setup:tensorflow" does it)');
  process.exit(0);
}
process.exit(
  await runNode(tools.vitest, [
    'run',
    '--project',
    'unit',
    'test/engine/compute/conformance-tensorflow.test.ts',
    'test/engine/compute/tensorflow/round.test.ts',
    'test/backend/engine/tensorflow.test.ts',
    '--testNamePattern=tensorflow',
  ]),
);
