import { spawnSync } from 'node:child_process';
import { root } from './paths.mjs';

/**
 * Runs clang-format over the C and C++ files, where the version that .clang-format names is installed: another one lays out
 * otherwise. Answers the exit code.
 * @param {...string} options
 */
export function clangFormat(...options) {
  /** @type {(command: string, args: string[]) => string} */
  const output = (command, args) => spawnSync(command, args, { encoding: 'utf8', cwd: root }).stdout ?? '';
  if (!output('clang-format', ['--version']).includes('version 19.')) {
    console.log('skipped: there is no clang-format 19 (pip install clang-format==19.1.7)');
    return 0;
  }
  const files = output('git', ['ls-files', '*.cc', '*.h', '*.c']).split('\n').filter(Boolean);
  return spawnSync('clang-format', [...options, ...files], { cwd: root, stdio: 'inherit' }).status ?? 1;
}
