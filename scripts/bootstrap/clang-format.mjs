import { spawnSync } from 'node:child_process';
import { root } from './paths.mjs';

/**
 * Runs clang-format over C and C++ files and returns the exit code. Skips them unless the version that .clang-format names is
 * installed, because other versions lay out differently.
 * @param {string[]} options
 * @param {string[]} [chosen] by default every C and C++ file of the tree
 */
export function clangFormat(options, chosen) {
  /** @type {(command: string, args: string[]) => string} */
  const output = (command, args) => spawnSync(command, args, { encoding: 'utf8', cwd: root }).stdout ?? '';
  if (!output('clang-format', ['--version']).includes('version 19.')) {
    console.log('skipped: there is no clang-format 19 (pip install clang-format==19.1.7)');
    return 0;
  }
  const files = chosen ?? output('git', ['ls-files', '*.cc', '*.h', '*.c']).split('\n').filter(Boolean);
  return spawnSync('clang-format', [...options, ...files], { cwd: root, stdio: 'inherit' }).status ?? 1;
}
