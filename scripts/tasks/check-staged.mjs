import { spawnSync } from 'node:child_process';
import { clangFormat } from '../bootstrap/clang-format.mjs';
import { root } from '../bootstrap/paths.mjs';
import { runNode, runSteps, tools } from './steps.mjs';

// Checks the files that are about to be committed: format, lint and the layers that they import from. Types and unused code
// need the whole tree: `npm test` checks them.
const { stdout } = spawnSync('git', ['diff', '--cached', '--name-only', '--diff-filter=ACMR', '-z'], {
  cwd: root,
  encoding: 'utf8',
});
const staged = stdout.split('\0').filter(Boolean);
const formatted = staged.filter((file) => /\.(tsx?|mjs|cjs|json|css)$/.test(file));
const layered = staged.filter((file) => /^(src-(main|shared|renderer)|bench)\/.*\.(tsx?|mjs)$/.test(file));
const native = staged.filter((file) => /\.(cc|h|c)$/.test(file));

/** @type {[name: string, step: () => number | Promise<number>][]} */
const steps = [];
if (formatted.length > 0)
  steps.push([
    'biome',
    () => runNode(tools.biome, ['check', '--error-on-warnings', '--no-errors-on-unmatched', ...formatted]),
  ]);
// Rules are about direct imports, so no module is followed further.
if (layered.length > 0)
  steps.push([
    'layers',
    () => runNode(tools.depcruise, ['--config', '.dependency-cruiser.cjs', '--max-depth', '1', ...layered]),
  ]);
if (native.length > 0) steps.push(['clang-format', () => clangFormat(['--dry-run', '-Werror'], native)]);
await runSteps(steps);
