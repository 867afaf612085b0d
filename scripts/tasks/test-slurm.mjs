import { ensureSlurm } from '../bootstrap/slurm.mjs';
import { runNode, tools } from './steps.mjs';

// usage: npm run test:slurm [-- <what vitest run takes>]
// Studies on a Slurm of this one machine: a controller and two nodes on loopback, which the tests start, kill and end.
const reason = ensureSlurm();
if (reason !== null) {
  console.log(`skipped: ${reason}`);
  process.exit(0);
}
process.exit(await runNode(tools.vitest, ['run', '--project', 'slurm', ...process.argv.slice(2)]));
