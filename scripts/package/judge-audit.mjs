import { isObject } from '../bootstrap/json.mjs';

/** Severities that fail a build. */
const grave = ['high', 'critical'];

/**
 * Judges the report of `npm audit --json`.
 * @param {Record<string, unknown>} report empty where npm printed none
 * @returns {{ failed: boolean, text: string }}
 */
export function judgeAudit({ vulnerabilities, message }) {
  if (!isObject(vulnerabilities))
    return {
      failed: false,
      text: `skipped: the registry answers no audit (${typeof message === 'string' ? message : 'offline'})`,
    };
  const found = Object.entries(vulnerabilities).map(([name, of]) => ({
    name,
    severity: isObject(of) ? String(of['severity']) : 'unknown',
  }));
  const listed = found.map(({ name, severity }) => `${name} (${severity})`).join(', ');
  if (found.some(({ severity }) => grave.includes(severity)))
    return {
      failed: true,
      text: `Packages of the app have known flaws: ${listed}. Update them in package.json, then run npm install.`,
    };
  return {
    failed: false,
    text: found.length === 0 ? 'no package of the app has a known flaw' : `known flaws below high: ${listed}`,
  };
}
