import { ensureBuild } from '../build.mjs';
import { runNode, tools } from './steps.mjs';
import { withScreen } from './window.mjs';

// usage: npm run test:speed
// CPU time until the window is usable and of each first visit of a page, against the budgets of test/e2e/speed.test.ts.
await ensureBuild(['main', 'report', 'renderer']);
process.exit(await withScreen((env) => runNode(tools.vitest, ['run', '--project', 'speed'], { env })));
