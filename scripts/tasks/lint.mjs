import { spawnSync } from 'node:child_process';
import { root } from '../bootstrap/paths.mjs';
import { run, runNode, runSteps, tools } from './steps.mjs';

await runSteps([
  ['biome', () => runNode(tools.biome, ['check', '--error-on-warnings'])],
  [
    'layers',
    () =>
      runNode(tools.depcruise, [
        '--config',
        '.dependency-cruiser.cjs',
        'src-main',
        'src-shared',
        'src-renderer',
        'bench',
      ]),
  ],
  ['unused', () => runNode(tools.knip)],
  ['clang-format', checkNativeFormat],
]);

/** The layout of C and C++, where the clang-format that .clang-format names is installed: another version lays out otherwise. */
function checkNativeFormat() {
  const output = (command, args) => spawnSync(command, args, { encoding: 'utf8', cwd: root }).stdout ?? '';
  if (!output('clang-format', ['--version']).includes('version 19.')) {
    console.log('skipped: there is no clang-format 19 (pip install clang-format==19.1.7)');
    return 0;
  }
  const files = output('git', ['ls-files', '*.cc', '*.h', '*.c']).split('\n').filter(Boolean);
  return run('clang-format', ['--dry-run', '-Werror', ...files]);
}
