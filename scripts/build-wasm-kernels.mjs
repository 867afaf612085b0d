// Compiles the engine's wasm kernels and writes them as a TypeScript module, so that no bundle has to find a file.
// Needs clang and wasm-ld 17 or later; only whoever changes the kernels runs it: node scripts/build-wasm-kernels.mjs
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../src-main/engine/compute/wasm-kernels/', import.meta.url));
const names = readdirSync(folder)
  .filter((name) => /\.[ch]$/.test(name))
  .sort();
const sources = names.filter((name) => name.endsWith('.c')).map((name) => path.join(folder, name));
const work = mkdtempSync(path.join(tmpdir(), 'coto-kernels-'));
const binary = path.join(work, 'kernels.wasm');
try {
  execFileSync(
    process.env['CLANG'] ?? 'clang-19',
    [
      '--target=wasm32',
      '-std=c17',
      '-O3',
      '-ffreestanding',
      '-fno-builtin',
      '-fno-math-errno',
      '-msimd128',
      '-mrelaxed-simd',
      '-nostdlib',
      '-Wall',
      '-Wextra',
      '-Wl,--no-entry',
      '-Wl,--import-memory',
      '-Wl,--import-undefined',
      '-Wl,--export=__stack_pointer',
      '-Wl,--global-base=1024',
      '-Wl,-z,stack-size=8192',
      '-Wl,--strip-all',
      '-o',
      binary,
      ...sources,
    ],
    { stdio: 'inherit' },
  );
  refuseData(readFileSync(binary));
  const text =
    readFileSync(binary)
      .toString('base64')
      .match(/.{1,112}/g) ?? [];
  const hash = createHash('sha256');
  for (const name of names) hash.update(readFileSync(path.join(folder, name)));
  writeFileSync(
    path.join(folder, 'kernels-binary.ts'),
    `// Made by scripts/build-wasm-kernels.mjs: do not edit.\n\n` +
      `/** SHA-256 of the C files beside this that it was made from, in the order of their names. */\nexport const sourceHash = '${hash.digest('hex')}';\n\n` +
      `/** The WebAssembly module, in base64. */\nexport const binary =\n${text.map((line) => `  '${line}'`).join(' +\n')};\n`,
  );
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** The module shares tfjs's memory: a data segment (section 11) would overwrite what stands there. */
function refuseData(bytes) {
  let at = 8;
  while (at < bytes.length) {
    const id = bytes[at++];
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const next = bytes[at++];
      size |= (next & 0x7f) << shift;
      if (next < 0x80) break;
    }
    if (id === 11) throw new Error('the kernels must not have static data: the module has a data segment');
    at += size;
  }
}
