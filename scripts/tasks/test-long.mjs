import { runNode, tools } from './steps.mjs';

// usage: npm run test:long [-- <what vitest run takes>]
// Ten thousand corrupt files for every reader; a soak of ten thousand jobs and a million rows (COTO_SOAK_JOBS, COTO_SOAK_ROWS); a kill at
// every call of a checkpoint and of a move of the home. COTO_TEST_LONG_MINUTES ends it after so long, as .ci/run does; what had not
// failed by then counts as passed, and a line says so. Kills and attacks drawn by a seed are scripts/tasks/campaign.mjs.
const minutes = Number(process.env['COTO_TEST_LONG_MINUTES'] ?? 0);
let isOver = false;
const timer = minutes > 0 ? setTimeout(end, minutes * 60_000) : undefined;
const code = await runNode(tools.vitest, ['run', '--project', 'long', '--bail', '1', ...process.argv.slice(2)]);
clearTimeout(timer);
if (isOver) console.log(`test:long ended after its budget of ${minutes} minutes; nothing had failed.`);
process.exit(isOver ? 0 : code);

/** `runNode` passes the signal on to vitest, which ends its workers. */
function end() {
  isOver = true;
  process.emit('SIGTERM', 'SIGTERM');
}
