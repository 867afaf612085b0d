import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { gpuReportSchema } from '../../src-main/bench/gpu/report.ts';
import { packageVersion } from '../bootstrap/json.mjs';
import { fail, log } from '../bootstrap/log.mjs';
import { root } from '../bootstrap/paths.mjs';
import { ensureBuild } from '../build.mjs';
import { componentsOf } from '../package/components.mjs';
import { lighterNode, strip } from '../package/lighter.mjs';
import { writeNotices } from '../package/write-lists.mjs';

// usage: npm run gpu-kit [-- --smoke]
// Packs what `coto doctor --gpu` needs into one archive, for machines with a card on which nothing can be installed; with --smoke it
// is unpacked in an empty folder and run, in small sizes, without PATH and home.
const maxMegabytes = 60;
if (process.platform !== 'linux') fail('The kit is packed on Linux: its start script and its Node are of that system.');

await ensureBuild(['main', 'report']);
const system = `linux-${process.arch}`;
const name = `coto-gpu-kit-${packageVersion(root)}-${system}`;
const release = join(root, 'release');
const folder = join(release, name);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

for (const part of ['cli', 'engine', 'modules', 'archive'])
  cpSync(join(root, 'dist', part), join(folder, 'dist', part), {
    recursive: true,
    filter: (file) => !file.endsWith('.map') && !file.endsWith('tensorflow-addon'),
  });
copyFileSync(join(root, 'package.json'), join(folder, 'package.json'));
for (const base of ['quickdraw-vit', 'small-llama'])
  cpSync(join(root, 'assets', 'models', base), join(folder, 'assets', 'models', base), {
    recursive: true,
    filter: (file) => !file.endsWith('expected.safetensors'),
  });

/** Packages that the built modules always load, with their dependencies; only files that Node needs are packed. */
const packages = [
  '@tensorflow/tfjs-core',
  '@tensorflow/tfjs-backend-wasm',
  '@tensorflow/tfjs-backend-webgpu',
  '@tensorflow/tfjs-backend-cpu',
  'seedrandom',
  'long',
  'better-sqlite3',
  'webgpu',
];
for (const one of packages)
  cpSync(join(root, 'node_modules', one), join(folder, 'node_modules', one), {
    recursive: true,
    dereference: true,
    filter: (file) => isLoaded(one, file.slice(join(root, 'node_modules', one).length + 1)),
  });
for (const file of [`webgpu/dist/${system}/dawn.node`, `better-sqlite3/prebuilds/${system}.node`]) {
  const from = join(root, 'node_modules', file);
  const to = join(folder, 'node_modules', file);
  mkdirSync(dirname(to), { recursive: true });
  if (!strip(from, to)) copyFileSync(from, to);
}

copyFileSync(lighterNode(), join(folder, 'node'));
chmodSync(join(folder, 'node'), 0o755);
const loader = ['/usr/lib/x86_64-linux-gnu/libvulkan.so.1', '/usr/lib/aarch64-linux-gnu/libvulkan.so.1'].find((file) =>
  existsSync(file),
);
mkdirSync(join(folder, 'vulkan'), { recursive: true });
if (loader !== undefined) copyFileSync(realpathSync(loader), join(folder, 'vulkan', 'libvulkan.so.1'));
// Containers get NVIDIA's driver without the file by which Vulkan finds it.
const icd = { file_format_version: '1.0.0', ICD: { library_path: 'libGLX_nvidia.so.0', api_version: '1.3.0' } };
writeFileSync(join(folder, 'vulkan', 'nvidia_icd.json'), `${JSON.stringify(icd)}\n`);

// Only the shell's own words: PATH may be empty.
writeFileSync(
  join(folder, 'coto-gpu'),
  `#!/bin/sh
here="\${0%/*}"
[ "$here" = "$0" ] && here=.
for place in /usr/lib /usr/lib64 /usr/lib/x86_64-linux-gnu /usr/lib/aarch64-linux-gnu /lib64; do
  [ -e "$place/libvulkan.so.1" ] && found=yes
done
[ -z "$found" ] && export LD_LIBRARY_PATH="\${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$here/vulkan"
[ -d /usr/share/vulkan/icd.d ] || [ -d /etc/vulkan/icd.d ] || export VK_ADD_DRIVER_FILES="$here/vulkan/nvidia_icd.json"
exec "$here/node" --disable-warning=ExperimentalWarning "$here/dist/cli/coto.mjs" doctor --gpu "$@"
`,
);
chmodSync(join(folder, 'coto-gpu'), 0o755);
copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
copyFileSync(join(root, 'docs', 'guide', 'gpu.md'), join(folder, 'README.md'));
const carried = componentsOf({ electron: '', libraries: [] }).filter(
  ({ name: of }) => !of.startsWith('font ') && of !== 'electron',
);
if (loader !== undefined)
  carried.push({
    name: 'Vulkan loader',
    version: '',
    license: 'Apache-2.0',
    purl: 'pkg:generic/vulkan-loader',
    sha512: null,
    text: 'Copyright The Khronos Group Inc., Valve Corporation and LunarG, Inc. Its license is that of TensorFlow.js below.',
  });
writeNotices(join(folder, 'THIRD-PARTY-NOTICES.txt'), carried);

const archive = join(release, `${name}.tar.gz`);
const tar = spawn('tar', ['-cf', '-', '-C', release, name], { stdio: ['ignore', 'pipe', 'inherit'] });
await pipeline(tar.stdout, createGzip({ level: 9, memLevel: 9 }), createWriteStream(archive));
const megabytes = statSync(archive).size / 1e6;
log(`packed: release/${name}.tar.gz (${megabytes.toFixed(1)} MB)`);
if (megabytes > maxMegabytes) fail(`the kit may have ${maxMegabytes} MB`);
if (process.argv.includes('--smoke')) smoke();

function smoke() {
  const empty = mkdtempSync(join(tmpdir(), 'coto-gpu-kit-'));
  try {
    if (spawnSync('tar', ['-xzf', archive, '-C', empty], { stdio: 'inherit' }).status !== 0)
      fail('the kit cannot be unpacked');
    const words = ['--quick', '--shapes', 'encoder', '--minutes', '1.5', '--out', 'report'];
    const run = { cwd: empty, env: { PATH: '', HOME: '' }, stdio: /** @type {const} */ ('inherit') };
    const { status } = spawnSync(join(empty, name, 'coto-gpu'), words, run);
    // 1: something that ran was wrong, crashed or hung.
    if (status !== 0 && status !== 1) fail(`the kit did not finish (${status})`);
    const report = gpuReportSchema.parse(JSON.parse(readFileSync(join(empty, 'report', 'gpu.json'), 'utf8')));
    const [webgpu] = report.backends;
    log(
      webgpu?.available
        ? `the kit ran on ${webgpu.adapter?.device}: conformance ${webgpu.conformance?.outcome}, losses ${webgpu.trajectories?.outcome}`
        : `the kit ran, and found no card: ${webgpu?.reason}`,
    );
    if (status !== 0) fail('the kit found what is wrong');
  } finally {
    rmSync(empty, { recursive: true, force: true });
  }
}

/**
 * Returns true if a package's file is loaded; tests, types, maps and browser bundles are not.
 * @param {string} of the package
 * @param {string} file its path in the package; '' for the package itself
 */
function isLoaded(of, file) {
  if (/(\.d\.ts|\.map|\.md|\.node|\.ts)$/.test(file) && !/licen[cs]e/i.test(file)) return false;
  if (of === 'better-sqlite3') return !/^(deps|src|build)(\/|$)/.test(file);
  if (of === 'webgpu') return !/^(build|node_modules|dist)(\/|$)/.test(file);
  if (of.startsWith('@tensorflow/'))
    return /^(|dist|package\.json|licen[cs]e.*|dist\/tf-[\w-]+\.node\.js|dist\/tfjs-backend-wasm-simd\.wasm)$/i.test(
      file,
    );
  return !/^(src|scripts|benchmarks|test|node_modules)(\/|$)/.test(file);
}
