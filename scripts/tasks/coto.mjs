import { resolve } from 'node:path';
import { hasDisplay } from '../bootstrap/display.mjs';
import { presentElectron } from '../bootstrap/electron.mjs';
import { ensureBuild } from '../build.mjs';
import { cotoCommand } from './coto-command.mjs';
import { run } from './steps.mjs';
import { openWindow } from './window.mjs';

const args = process.argv.slice(2);
await ensureBuild(['main', 'report']);
// The command alone needs no window, and so no Electron; the demo shows its runs in one where there is a display.
const wantsWindow = args.includes('--window') || (args[0] === 'demo' && hasDisplay() && !args.includes('--no-window'));
const own = args.filter((argument) => argument !== '--window' && argument !== '--no-window');
const code = await run(process.execPath, [...cotoCommand, ...own], {
  cwd: process.cwd(),
  // Program that prints a report as PDF, if installed.
  env: { COTO_ELECTRON: presentElectron() ?? '' },
});
process.exit(code === 0 && wantsWindow ? await openWindow(['--route=/runs'], homeOf(own)) : code);

/**
 * The window opens the home that the command worked on; --home goes before the environment's, as it does there.
 * @param {string[]} given
 * @returns {Record<string, string>}
 */
function homeOf(given) {
  const at = given.indexOf('--home');
  const joined = given.find((argument) => argument.startsWith('--home='));
  const home = at >= 0 ? given[at + 1] : joined?.slice('--home='.length);
  return home ? { COTO_STUDIO_HOME: resolve(home) } : {};
}
