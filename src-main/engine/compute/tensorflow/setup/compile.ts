import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StudioError } from '../../../../../src-shared/contract/errors.ts';
import { besideArchive } from '../../../../archive/beside-archive.ts';
import { addonFile } from '../installation.ts';

const compilerVariable = 'CXX';

/** @throws StudioError refused where there is no C++ compiler; checked before anything is downloaded. */
export async function requireCompiler(signal: AbortSignal): Promise<void> {
  const compiler = compilerName();
  const { code } = await run(compiler, ['--version'], signal).catch(() => ({ code: 1 }));
  signal.throwIfAborted();
  if (code !== 0)
    throw new StudioError(
      'refused',
      `There is no C++ compiler "${compiler}", which builds the link between tfjs and libtensorflow.`,
      'Install one (on Debian or Ubuntu: sudo apt-get install g++), or name yours in CXX.',
    );
}

/**
 * Builds tfjs's addon, unchanged, against the libtensorflow in `folder`/tensorflow as `folder`/addon/tfjs_binding.node. It
 * uses Node-API only, so that one file serves every Node.
 */
export async function compileAddon(folder: string, signal: AbortSignal): Promise<string> {
  const { binding, headers } = addonSources();
  const addon = addonFile(folder);
  mkdirSync(dirname(addon), { recursive: true });
  const sources = readdirSync(binding).filter((name) => /\.(cc|cpp)$/.test(name));
  const { code, output } = await run(
    compilerName(),
    [
      ...['-O2', '-std=c++17', '-shared', '-fPIC', '-DNAPI_VERSION=8'],
      `-I${headers}`,
      `-I${join(folder, 'tensorflow', 'include')}`,
      ...sources.map((name) => join(binding, name)),
      ...['-o', addon, `-L${join(folder, 'tensorflow')}`],
      ...['-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2', '-Wl,-rpath,$ORIGIN/../tensorflow'],
    ],
    signal,
  );
  if (code !== 0) throw new StudioError('refused', "tfjs's addon could not be compiled.", 'See the log.', output);
  return addon;
}

/** Loads the addon in a separate process and returns whether it uses a GPU. Throws the loader's error. */
export async function tryAddon(addon: string, libraryFolders: string[], signal: AbortSignal): Promise<boolean> {
  const script = `process.stdout.write(String(require(${JSON.stringify(addon)}).isUsingGpuDevice()))`;
  const environment = { LD_LIBRARY_PATH: [...libraryFolders, process.env['LD_LIBRARY_PATH'] ?? ''].join(':') };
  const { code, output } = await run(process.execPath, ['-e', script], signal, environment);
  if (code !== 0) throw new StudioError('refused', 'The new libtensorflow does not load.', 'See the log.', output);
  return output.includes('true');
}

/** The addon's C++, and Node-API's headers: beside the built app, or in the packages. */
function addonSources(): { binding: string; headers: string } {
  const built = besideArchive(fileURLToPath(new URL('../engine/tensorflow-addon', import.meta.url)));
  if (existsSync(built)) return { binding: join(built, 'binding'), headers: join(built, 'include') };
  return {
    binding: join(packageFolder('@tensorflow/tfjs-node-gpu'), 'binding'),
    headers: join(packageFolder('node-api-headers'), 'include'),
  };
}

/** Returns the folder of an installed package. */
function packageFolder(name: string): string {
  try {
    return dirname(createRequire(besideArchive(import.meta.url)).resolve(`${name}/package.json`));
  } catch {
    throw new StudioError(
      'refused',
      `The package ${name} is not installed, which the build needs.`,
      'Install the packages with "npm ci --ignore-scripts".',
    );
  }
}

function compilerName(): string {
  return process.env[compilerVariable] || 'g++';
}

function run(
  command: string,
  args: readonly string[],
  signal: AbortSignal,
  environment: Record<string, string> = {},
): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { signal, env: { ...process.env, ...environment } });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/** Throws if libtensorflow cannot be set up on this system: wheels and build line exist for Linux on x64. */
export function requireSystem(): void {
  if (process.platform === 'linux' && process.arch === 'x64' && existsSync('/lib64/ld-linux-x86-64.so.2')) return;
  throw new StudioError(
    'refused',
    `libtensorflow is built for Linux with glibc on x64 only, not for ${process.platform} on ${process.arch}.`,
    'WebGPU uses the graphics card of every system.',
  );
}
