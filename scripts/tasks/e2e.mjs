import { ensureBuild } from '../build.mjs';
import { runNode, tools } from './steps.mjs';
import { withScreen } from './window.mjs';

await ensureBuild(['main', 'report', 'renderer']);
// Always on a screen of its own, so that a person may go on working and the images have one size.
process.exit(
  await withScreen((env) => runNode(tools.vitest, ['run', '--project', 'e2e', ...process.argv.slice(2)], { env })),
);
