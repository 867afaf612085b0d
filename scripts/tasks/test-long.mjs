import { runNode, tools } from './steps.mjs';

// usage: npm run test:long [-- <what vitest run takes>]
// Ten thousand corrupt files for every reader. COTO_TEST_LONG_MINUTES ends it after so long, as .ci/run does; what had not failed
// by then counts as passed, and a line says so.
const minutes = Number(process.env['COTO_TEST_LONG_MINUTES'] ?? 0);
const timer = minutes > 0 ? setTimeout(giveUp, minutes * 60_000) : null;
const code = await runNode(tools.vitest, ['run', '--project', 'long', ...process.argv.slice(2)]);
if (timer !== null) clearTimeout(timer);
process.exit(code);

function giveUp() {
  console.log(`test:long ended after its budget of ${minutes} minutes; nothing had failed.`);
  process.exit(0);
}
