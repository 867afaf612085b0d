import { clangFormat } from '../bootstrap/clang-format.mjs';
import { runNode, runSteps, tools } from './steps.mjs';

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
  ['clang-format', () => clangFormat(['--dry-run', '-Werror'])],
]);
