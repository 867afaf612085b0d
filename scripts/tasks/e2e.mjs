import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from '../bootstrap/log.mjs';
import { root } from '../bootstrap/paths.mjs';
import { ensureBuild } from '../build.mjs';
import { runNode, tools } from './steps.mjs';
import { withScreen } from './window.mjs';

// usage: npm run e2e [-- --packed] [files]
// With --packed, what `npm run dist` packed is driven instead of the build: its archive and its Node. The packed program
// itself lets nobody drive it; `npm run dist -- --smoke` looks at that from outside.
const isPacked = process.argv.includes('--packed');
const files = process.argv.slice(2).filter((argument) => argument !== '--packed');
// Among all of them the main job runs in a network of its own, and by itself where its file is named.
const named = files.some((file) => !file.startsWith('-'));
const projects = ['e2e', ...(named ? ['main-job'] : [])].flatMap((name) => ['--project', name]);
await ensureBuild(['main', 'report', 'renderer']);
// Always on a screen of its own, so that a person may go on working and the images have one size.
process.exit(
  await withScreen((env) =>
    runNode(tools.vitest, ['run', ...projects, ...files], { env: { ...env, ...(isPacked ? packedApp() : {}) } }),
  ),
);

function packedApp() {
  const release = join(root, 'release');
  const folder = existsSync(release) ? readdirSync(release).find((name) => name.endsWith('-unpacked')) : undefined;
  if (folder === undefined) fail('There is no packed app in release/: make it with `npm run dist`.');
  const resources = join(release, folder, 'resources');
  const node = join(resources, 'node', process.platform === 'win32' ? 'node.exe' : 'node');
  return { COTO_E2E_APP: join(resources, 'app.asar'), COTO_NODE: node };
}
