// Trains set-ups that are known to be bad, and good ones, and counts how many the diagnosis names rightly, and its false alarms.
// Usage: node_modules/node/bin/node bench/diagnosis.mjs [--part 1/8] [--home FOLDER] [--out FILE.json] [names of set-ups]
// --part trains every eighth set-up, from the first; --out adds to the set-ups that the file has, so that parts come together.
// --home keeps the runs: a second call trains only those that it lacks, and diagnoses all by the rules as they are then.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openStudio } from '../src-main/cli/studio.ts';
import { badSetUps } from './diagnosis/bad.ts';
import { countOutcomes, evaluate } from './diagnosis/evaluate.ts';
import { goodSetUps } from './diagnosis/good.ts';

const args = process.argv.slice(2);
const out = option('--out');
const kept = option('--home');
const [part = 1, parts = 1] = (option('--part') ?? '').split('/').filter(Boolean).map(Number);
const setUps = [...badSetUps, ...goodSetUps].filter(
  ({ name }, at) => (args.length === 0 || args.includes(name)) && at % parts === part - 1,
);

/** @type {import('./diagnosis/evaluate.ts').Outcome[]} */
const known = out !== null && existsSync(out) ? JSON.parse(readFileSync(out, 'utf8')) : [];
const outcomes = new Map(known.map((one) => [one.name, one]));
const work = kept === null ? mkdtempSync(join(tmpdir(), 'coto-diagnosis-')) : resolve(kept);
mkdirSync(work, { recursive: true });
const { client, close } = await openStudio(join(work, 'home'), { isScratch: kept === null });
try {
  for (const setUp of setUps) {
    const outcome = await evaluate(client, setUp, work);
    outcomes.set(setUp.name, outcome);
    process.stdout.write(describe(outcome));
    if (out !== null) writeFileSync(out, `${JSON.stringify([...outcomes.values()], null, 2)}\n`);
  }
} finally {
  await close();
  if (kept === null) rmSync(work, { recursive: true, force: true });
}
const all = [...outcomes.values()];
const { bad, good, named, further, alarms } = countOutcomes(all);
const seconds = all.reduce((sum, one) => sum + one.seconds, 0);
process.stdout.write(
  `${named} of ${bad} bad set-ups named rightly, ${further} of them with a further finding; ${alarms} of ${good} good ones with a false alarm; ${seconds.toFixed(0)} s.\n`,
);

/** @param {import('./diagnosis/evaluate.ts').Outcome} outcome */
function describe({ name, expected, status, error, found, isRight, findings, seconds: taken }) {
  return [
    `${isRight ? 'right' : 'WRONG'}  ${name}: expected ${expected ?? 'nothing'}, found ${found.join(', ') || 'nothing'} (${status}, ${taken.toFixed(1)} s)\n`,
    ...(error === null ? [] : [`         ${error}\n`]),
    ...findings.map(({ label, evidence, advice }) => `         ${label}: ${evidence} ${advice}\n`),
  ].join('');
}

/**
 * Removes an option with its value from the arguments.
 * @param {string} name
 */
function option(name) {
  const at = args.indexOf(name);
  return at < 0 ? null : (args.splice(at, 2)[1] ?? null);
}
