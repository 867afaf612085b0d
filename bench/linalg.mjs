// Milliseconds of processor time (one thread, so that a busy machine says the same) of the engine's linear algebra in
// double precision, mean of several, beside numpy's where a Python has it.
// Usage: node_modules/node/bin/node bench/linalg.mjs [--json FILE]
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
  svd,
  svdOfProduct,
  symmetricEigen,
  transpose,
} from '../src-main/engine/linalg/index.ts';
import { RandomStream } from '../src-shared/random.ts';

/**
 * Name, rows, columns (for factors: the rank) and repetitions.
 * @type {[name: keyof typeof ours, rows: number, columns: number, rounds: number][]}
 */
const cases = [
  ['qr', 4096, 16, 40],
  ['qr', 512, 512, 3],
  ['svd', 64, 64, 40],
  ['svd', 256, 256, 5],
  ['svd', 512, 512, 3],
  ['svd', 4096, 64, 5],
  ['svd of B·A', 4096, 16, 20],
  ['svd of B·A', 4096, 64, 5],
  ['randomized svd', 1024, 16, 5],
  ['eigen', 64, 64, 40],
  ['eigen', 512, 512, 3],
];
const { values: options } = parseArgs({ options: { json: { type: 'string' } } });
const random = RandomStream.seeded(1, 'study');
/** @type {(rows: number, columns: number) => { shape: [number, number], data: Float32Array }} */
const gaussian = (rows, columns) => ({
  shape: [rows, columns],
  data: Float32Array.from({ length: rows * columns }, () => random.normal()),
});
/** @typedef {(rows: number, columns: number) => () => unknown} Prepared draws the input and answers what is timed */
const ours = {
  /** @type {Prepared} */
  qr: (rows, columns) => {
    const matrix = gaussian(rows, columns);
    return () => qr(matrix);
  },
  /** @type {Prepared} */
  svd: (rows, columns) => {
    const matrix = gaussian(rows, columns);
    return () => svd(matrix);
  },
  /** @type {Prepared} */
  'svd of B·A': (size, rank) => {
    const [b, a] = [gaussian(size, rank), gaussian(rank, size)];
    return () => svdOfProduct(b, a);
  },
  /** @type {Prepared} */
  'randomized svd': (size, rank) => {
    const matrix = gaussian(size, size);
    return () => randomizedSvd(matrix, { rank }, random);
  },
  /** @type {Prepared} */
  eigen: (size) => {
    const half = gaussian(size, size);
    const matrix = matmul(half, transpose(half));
    return () => symmetricEigen(matrix);
  },
};

const theirs = numpyTimes();
const rows = cases.map(([name, size, other, rounds], index) => {
  const milliseconds = meanOf(rounds, ours[name](size, other));
  const numpy = theirs?.[index] ?? null;
  return {
    name,
    shape: `${size} × ${other}`,
    milliseconds,
    numpy,
    ratio: numpy === null ? null : milliseconds / numpy,
  };
});
console.log(`${'milliseconds'.padEnd(28)}${'ours'.padStart(10)}${'numpy'.padStart(10)}${'ratio'.padStart(8)}`);
for (const { name, shape, milliseconds, numpy, ratio } of rows)
  console.log(
    `${`${name}, ${shape}`.padEnd(28)}${milliseconds.toFixed(2).padStart(10)}${(numpy?.toFixed(2) ?? '–').padStart(10)}${(ratio?.toFixed(1) ?? '–').padStart(8)}`,
  );
if (theirs === null) console.log('No Python with numpy was found.');
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);

/**
 * Mean of `count` runs, after half as many for warm-up.
 * @param {number} rounds
 * @param {() => unknown} run
 */
function meanOf(rounds, run) {
  for (let round = 0; round < rounds / 2; round++) run();
  const before = process.threadCpuUsage();
  for (let round = 0; round < rounds; round++) run();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000 / rounds;
}

function numpyTimes() {
  for (const python of [findPython(peers), findPython(pytorch), 'python3']) {
    if (python === null) continue;
    const script = join(root, 'bench/peers/linalg.py');
    const oneThread = { OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1', OMP_NUM_THREADS: '1' };
    const env = { ...process.env, ...oneThread };
    const done = spawnSync(python, [script, JSON.stringify(cases)], { encoding: 'utf8', env });
    if (done.status === 0) return z.array(z.number()).parse(JSON.parse(done.stdout));
  }
  return null;
}
