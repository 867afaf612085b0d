// Compiles the engine's wasm kernels and writes them as a TypeScript module, so that no bundle has to find a file.
// Needs clang and wasm-ld 17 or later; only whoever changes a C file of theirs runs it: node scripts/build-wasm-kernels.mjs
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const engine = fileURLToPath(new URL('../src-main/engine/', import.meta.url));
const work = mkdtempSync(path.join(tmpdir(), 'coto-kernels-'));
try {
  compile(path.join(engine, 'compute/wasm-kernels'), 'kernels', ['-mrelaxed-simd']);
  compile(path.join(engine, 'tensors/value-kernels'), 'values', ['-mrelaxed-simd']);
} finally {
  rmSync(work, { recursive: true, force: true });
}

/**
 * The C files of `folder` → `<folder>/<name>-binary.ts`.
 * @param {string} folder
 * @param {string} name
 * @param {string[]} options for the compiler
 */
function compile(folder, name, options) {
  const files = readdirSync(folder)
    .filter((file) => /\.[ch]$/.test(file))
    .sort();
  const sources = files.filter((file) => file.endsWith('.c')).map((file) => path.join(folder, file));
  const binary = path.join(work, `${name}.wasm`);
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
      ...options,
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
  for (const file of files) hash.update(readFileSync(path.join(folder, file)));
  writeFileSync(
    path.join(folder, `${name}-binary.ts`),
    `// Made by scripts/build-wasm-kernels.mjs: do not edit.\n\n` +
      `/** SHA-256 of the C files beside this that it was made from, in the order of their names. */\nexport const sourceHash = '${hash.digest('hex')}';\n\n` +
      `/** The WebAssembly module, in base64. */\nexport const binary =\n${text.map((line) => `  '${line}'`).join(' +\n')};\n`,
  );
}

/**
 * The modules share their memory with others: a data segment (section 11) would overwrite what stands there.
 * @param {Uint8Array} bytes
 */
function refuseData(bytes) {
  let at = 8;
  while (at < bytes.length) {
    const id = bytes[at++];
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const next = bytes[at++] ?? 0;
      size |= (next & 0x7f) << shift;
      if (next < 0x80) break;
    }
    if (id === 11) throw new Error('the kernels must not have static data: a module has a data segment');
    at += size;
  }
}
