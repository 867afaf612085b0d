import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fail } from '../bootstrap/log.mjs';
import { root } from '../bootstrap/paths.mjs';
import { ensureBuild } from '../build.mjs';
import { runNode, tools } from './steps.mjs';

// usage: npm run campaign -- <campaign …|all> [--minutes 30] [--count <of its goal>] [--seed 1] [--fresh]
// Breaks the built app on purpose, many times: docs/development/trust.md says how, and what came of it. Each attempt has a seed of
// its own, which is printed. .cache/campaigns/<campaign> keeps the seeds that are done, so that the next call goes on; --fresh
// begins anew. --minutes limits each campaign; --count is for a sample.

/** Campaigns in test/campaigns, and what a full one counts. */
const goals = {
  kills: { goal: 500, counts: 'kills' },
  power: { goal: 50, counts: 'cuts' },
  bombs: { goal: 300, counts: 'files' },
  servers: { goal: 300, counts: 'attacks' },
};
/** @typedef {keyof typeof goals} Name */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '30' },
    count: { type: 'string' },
    seed: { type: 'string', default: '1' },
    fresh: { type: 'boolean', default: false },
  },
});
const all = /** @type {Name[]} */ (Object.keys(goals));
const names = positionals.includes('all') ? all : all.filter((name) => positionals.includes(name));
const unknown = positionals.find((name) => name !== 'all' && !Object.hasOwn(goals, name));
if (unknown !== undefined || names.length === 0) fail(`Name a campaign: ${all.join(', ')} or all.`);
for (const [option, text] of [
  ['minutes', values.minutes],
  ['count', values.count ?? '1'],
  ['seed', values.seed],
])
  if (!(Number(text) > 0)) fail(`--${option} ${text}: enter a number above 0.`);

await ensureBuild(['main', 'report']);
const commit = execFileSync('git', ['-C', root, 'rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
/** @type {string[]} */
const summaries = [];
let code = 0;
for (const name of names) {
  const { goal } = goals[name];
  const state = join(root, '.cache', 'campaigns', name);
  if (values.fresh) rmSync(state, { recursive: true, force: true });
  mkdirSync(state, { recursive: true });
  const ended = await runNode(
    tools.vitest,
    ['run', `test/campaigns/${name}/`, '--project', 'campaign', '--disable-console-intercept'],
    {
      env: {
        COTO_BUILT_PROGRAMS: join(root, 'dist'),
        COTO_COMMAND: join(root, 'dist', 'cli', 'coto.mjs'),
        COTO_CAMPAIGN_STATE: state,
        COTO_CAMPAIGN_SHARE: String(Number(values.count ?? goal) / goal),
        COTO_CAMPAIGN_SEED: values.seed,
        COTO_CAMPAIGN_ENDS: String(Date.now() + Number(values.minutes) * 60_000),
        COTO_CAMPAIGN_COMMIT: commit,
      },
    },
  );
  summaries.push(summary(name, state));
  code ||= ended;
}
console.log(summaries.join('\n'));
process.exit(code);

/**
 * One line: what the state files of all calls together have counted.
 * @param {Name} name
 * @param {string} state
 */
function summary(name, state) {
  const { goal, counts } = goals[name];
  /** @type {Map<string, { seed: number, tally: Record<string, number>, failure?: string, seconds: number, commit: string }>} */
  const last = new Map();
  for (const file of existsSync(state) ? readdirSync(state).sort() : [])
    for (const text of readFileSync(join(state, file), 'utf8')
      .split('\n')
      .filter((one) => one.endsWith('}'))) {
      const line = JSON.parse(text);
      last.set(`${file.replace('.jsonl', '')} ${line.seed}`, line);
    }
  /** @type {Record<string, number>} */
  const total = {};
  for (const { tally } of last.values())
    for (const [what, count] of Object.entries(tally))
      total[what] = what.startsWith('most ') ? Math.max(total[what] ?? 0, count) : (total[what] ?? 0) + count;
  const { [counts]: reached = 0, ...others } = total;
  const lines = [...last];
  const failed = lines.filter(([, { failure }]) => failure !== undefined).map(([seed]) => seed);
  const minutes = lines.reduce((sum, [, { seconds }]) => sum + seconds, 0) / 60;
  const parts = Object.entries(others)
    .sort()
    .map(([what, count]) => `${Math.round(count * 100) / 100} ${what}`);
  const commits = [...new Set(lines.map(([, line]) => line.commit))].join(', ');
  return `campaign ${name}: ${reached} of ${goal} ${counts} in ${lines.length} attempts, ${failed.length} failed${failed.length > 0 ? ` (${failed.join(', ')})` : ''}; ${parts.join(', ')}; ${minutes.toFixed(1)} minutes of attempts at ${commits}`;
}
