import { spawnSync } from 'node:child_process';
import { isObject } from '../bootstrap/json.mjs';
import { fail } from '../bootstrap/log.mjs';
import { root } from '../bootstrap/paths.mjs';
import { judgeAudit } from '../package/judge-audit.mjs';

// usage: npm run audit:packages
// Asks the registry for known flaws of the packages that the app ships. Fails for those of high and critical severity;
// says so and passes where the registry does not answer.
const result = spawnSync('npm', ['audit', '--omit=dev', '--json'], {
  cwd: root,
  encoding: 'utf8',
  timeout: 2 * 60_000,
  shell: process.platform === 'win32',
});
/** @type {unknown} */
let report = null;
try {
  report = JSON.parse(result.stdout ?? '');
} catch {
  // Without an answer npm prints no JSON.
}
const verdict = judgeAudit(isObject(report) ? report : {});
if (verdict.failed) fail(verdict.text);
console.log(verdict.text);
