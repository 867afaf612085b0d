// Runs a task of the project from a bare clone: `node scripts/run.mjs <task> [arguments]`. Works on Node 20 or later
// without any package: it installs what is missing first, then goes on in the project's own Node 24.
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureDependencies } from './bootstrap/dependencies.mjs';
import { fail } from './bootstrap/log.mjs';
import { modules, nodeBinary, root } from './bootstrap/paths.mjs';

const [task, ...args] = process.argv.slice(2);
const tasks = [
  'start',
  'coto',
  'bench',
  'dev',
  'build',
  'build-engine',
  'lint',
  'format',
  'make-kernels',
  'typecheck',
  'test',
  'audit',
  'test-unit',
  'check-locales',
  'check-staged',
  'e2e',
  'dist',
  'gpu-kit',
  'screenshots',
  'setup-tensorflow',
  'test-tensorflow',
  'test-speed',
  'test-processors',
  'test-peers',
  'test-real',
  'test-slurm',
  'test-windows',
  'test-long',
  'campaign',
];
if (!task || !tasks.includes(task)) fail(`Name a task: ${tasks.join(', ')}.`);
if (Number(process.versions.node.split('.')[0]) < 20) fail(`Node 20 or later is needed; this is ${process.version}.`);

ensureDependencies();
const child = spawn(nodeBinary, [join(root, 'scripts', 'tasks', `${task}.mjs`), ...args], {
  // `coto` reads the paths that a person writes from where the person stands; npm has changed to the root by now.
  cwd: task === 'coto' || task === 'bench' ? (process.env.INIT_CWD ?? process.cwd()) : root,
  stdio: 'inherit',
  env: {
    ...process.env,
    PATH: [join(modules, '.bin'), join(modules, 'node', 'bin'), process.env.PATH ?? ''].join(delimiter),
  },
});
// Ctrl+C reaches the whole process group by itself; a `kill` of this process alone has to be passed on.
for (const signal of ['SIGINT', 'SIGHUP', 'SIGQUIT']) process.on(signal, () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.once('error', (error) => fail(`${fileURLToPath(import.meta.url)}: ${error.message}`));
child.once('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
