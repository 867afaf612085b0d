// Milliseconds of processor time of one thread, so that a busy machine shows the same, of the engine's linear algebra in double
// precision: by LAPACK, in JavaScript alone, and by numpy on one thread, each case by the three in turns.
// Usage: node_modules/node/bin/node bench/linalg.mjs [--python FILE] [--large] [--json FILE]
// --python: a Python with numpy; --large: 4096 × 4096 too, which takes minutes
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { root } from '../scripts/bootstrap/paths.mjs';
import { findPython, peers, pytorch } from '../scripts/bootstrap/python.mjs';
import {
  matmul,
  qr,
  randomizedSvd,
  solveSymmetric,
  svd,
  svdOfProduct,
  symmetricEigen,
  transpose,
} from '../src-main/engine/linalg/index.ts';
import { RandomStream } from '../src-shared/random.ts';

/** @typedef {[name: string, rows: number, columns: number, rounds: number]} Case for factors: the rank in place of columns */
/** @type {Case[]} */
const cases = [
  ['svd', 64, 64, 40],
  ['svd', 256, 256, 8],
  ['svd', 512, 512, 4],
  ['svd', 1024, 1024, 2],
  ['svd', 2048, 2048, 1],
  ['svd', 4096, 64, 10],
  ['svd', 64, 4096, 10],
  ['svd of B·A', 4096, 16, 20],
  ['svd of B·A', 4096, 64, 6],
  ['randomized svd', 1024, 16, 6],
  ['eigen', 64, 64, 40],
  ['eigen', 512, 512, 4],
  ['eigen', 1024, 1024, 2],
  ['eigen', 2048, 2048, 1],
  ['qr', 4096, 16, 40],
  ['qr', 512, 512, 8],
  ['qr', 2048, 2048, 1],
  ['solve', 512, 512, 8],
  ['solve', 2048, 2048, 1],
  ['product', 512, 512, 10],
  ['product', 2048, 2048, 1],
];
/** @type {Case[]} */
const large = [
  ['svd', 4096, 4096, 1],
  ['eigen', 4096, 4096, 1],
  ['qr', 4096, 4096, 1],
  ['product', 4096, 4096, 1],
];
/** More multiplications than this would take JavaScript minutes. */
const mostInJavaScript = 512 ** 3;

const { values: options } = parseArgs({
  options: {
    json: { type: 'string' },
    python: { type: 'string' },
    large: { type: 'boolean', default: false },
    case: { type: 'string' },
  },
});
const random = RandomStream.seeded(1, 'study');
/** @type {(rows: number, columns: number) => { shape: [number, number], data: Float32Array }} */
const gaussian = (rows, columns) => ({
  shape: [rows, columns],
  data: Float32Array.from({ length: rows * columns }, () => random.normal()),
});
/** @typedef {(rows: number, columns: number) => () => unknown} Prepared draws the input and answers what is timed */
/** @type {Record<string, Prepared>} */
const ours = {
  qr: (rows, columns) => {
    const matrix = gaussian(rows, columns);
    return () => qr(matrix);
  },
  svd: (rows, columns) => {
    const matrix = gaussian(rows, columns);
    return () => svd(matrix);
  },
  'svd of B·A': (size, rank) => {
    const [b, a] = [gaussian(size, rank), gaussian(rank, size)];
    return () => svdOfProduct(b, a);
  },
  'randomized svd': (size, rank) => {
    const matrix = gaussian(size, size);
    return () => randomizedSvd(matrix, { rank }, random);
  },
  eigen: (size) => {
    const half = gaussian(size, size);
    const matrix = matmul(half, transpose(half));
    return () => symmetricEigen(matrix);
  },
  solve: (size) => {
    const half = gaussian(size, size);
    const matrix = matmul(half, transpose(half));
    return () => solveSymmetric(matrix, half);
  },
  product: (size) => {
    const [a, b] = [gaussian(size, size), gaussian(size, size)];
    return () => matmul(a, b);
  },
};

if (options.case !== undefined) {
  const [name, rows, columns, rounds] = z
    .tuple([z.string(), z.number(), z.number(), z.number()])
    .parse(JSON.parse(options.case));
  const run = ours[name]?.(rows, columns);
  if (run !== undefined) console.log(meanOf(rounds, run));
} else compare();

function compare() {
  const python = options.python ?? findPython(peers) ?? findPython(pytorch) ?? 'python3';
  console.log(
    `${'milliseconds'.padEnd(28)}${['LAPACK', 'numpy', 'ratio', 'JavaScript', 'ratio'].map((one) => one.padStart(11)).join('')}`,
  );
  const rows = [...cases, ...(options.large ? large : [])].map((one) => {
    const [name, size, columns] = one;
    const numpy = numberOf(python, [join(root, 'bench/peers/linalg.py'), JSON.stringify(one)], {});
    const lapack = ownTime(one, {});
    const isFast = size * columns * Math.min(size, columns) <= mostInJavaScript;
    const javaScript = isFast ? ownTime(one, { COTO_LAPACK: '/dev/null' }) : null;
    const row = { name, shape: `${size} × ${columns}`, lapack, numpy, javaScript };
    const ratio = (/** @type {number | null} */ other) =>
      other === null || lapack === null ? '–' : (lapack / other).toFixed(2);
    const cells = [
      ...[lapack, numpy].map((value) => value?.toFixed(2) ?? '–'),
      ratio(numpy),
      javaScript?.toFixed(2) ?? '–',
      ratio(javaScript),
    ];
    console.log(`${`${name}, ${row.shape}`.padEnd(28)}${cells.map((cell) => cell.padStart(11)).join('')}`);
    return row;
  });
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);
}

/**
 * Mean of `rounds` runs, after half as many for warm-up; a single run has none.
 * @param {number} rounds
 * @param {() => unknown} run
 */
function meanOf(rounds, run) {
  for (let round = 0; round < Math.floor(rounds / 2); round++) run();
  const before = process.threadCpuUsage();
  for (let round = 0; round < rounds; round++) run();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000 / rounds;
}

/**
 * Time of a case in a process of its own: with LAPACK, or without it where the variable names no library.
 * @param {Case} one
 * @param {Record<string, string>} env
 */
function ownTime(one, env) {
  return numberOf(process.execPath, [import.meta.filename, '--case', JSON.stringify(one)], env);
}

/**
 * The number that a program prints; null where it fails.
 * @param {string} program
 * @param {string[]} args
 * @param {Record<string, string>} env
 */
function numberOf(program, args, env) {
  const oneThread = { OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1', OMP_NUM_THREADS: '1' };
  const done = spawnSync(program, args, { encoding: 'utf8', env: { ...process.env, ...oneThread, ...env } });
  return done.status === 0 ? Number(done.stdout) : null;
}
