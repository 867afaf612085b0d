// Milliseconds of processor time (one thread, so that a busy machine says the same) of the engine's linear algebra in double
// precision, mean of several, beside numpy's where a Python has it.
// Usage: node_modules/node/bin/node bench/linalg.mjs [--json FILE]
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

/** Name, rows, columns (of factors: the rank), and how often. */
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
const random = RandomStream.seeded(1, 'study');
const gaussian = (rows, columns) => ({
  shape: [rows, columns],
  data: Float32Array.from({ length: rows * columns }, () => random.normal()),
});
const ours = {
  qr: (rows, columns) => [qr, gaussian(rows, columns)],
  svd: (rows, columns) => [svd, gaussian(rows, columns)],
  'svd of B·A': (size, rank) => [svdOfProduct, gaussian(size, rank), gaussian(rank, size)],
  'randomized svd': (size, rank) => [(matrix) => randomizedSvd(matrix, { rank }, random), gaussian(size, size)],
  eigen: (size) => {
    const half = gaussian(size, size);
    return [symmetricEigen, matmul(half, transpose(half))];
  },
};

const theirs = numpyTimes();
const rows = cases.map(([name, size, other, rounds], index) => {
  const [run, ...inputs] = ours[name](size, other);
  const milliseconds = meanOf(rounds, () => run(...inputs));
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
const at = process.argv.indexOf('--json');
if (at > 0) writeFileSync(process.argv[at + 1], `${JSON.stringify(rows, null, 2)}\n`);

/** The mean of as many runs, after half as many that meet code which is not compiled yet. */
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
    if (done.status === 0) return JSON.parse(done.stdout);
  }
  return null;
}
