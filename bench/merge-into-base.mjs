// Million values a second of merging an adapter into the base's weights, LoRA and DoRA in turns in one run.
// Usage: node_modules/node/bin/node bench/merge-into-base.mjs [--backend native|wasm] [--rounds 20] [another checkout …]
// Every checkout (this one first) merges in processes of its own, so that a change can be held against what was there before.
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { root } from '../scripts/bootstrap/paths.mjs';
import { runnerAnswers } from '../src-main/bench/protocol.ts';

/** @typedef {import('../src-main/bench/protocol.ts').RunnerRequest} RunnerRequest */

const { values, positionals } = parseArgs({
  options: { backend: { type: 'string', default: 'native' }, rounds: { type: 'string', default: '20' } },
  allowPositionals: true,
});
const shapes = ['encoder', 'decoder'];
const adapters = ['lora', 'dora'];

for (const shape of shapes) {
  const runners = [];
  for (const checkout of [root, ...positionals.map((path) => resolve(path))])
    for (const adapter of adapters) runners.push(await start(checkout, shape, adapter));
  for (let round = 0; round < Number(values.rounds); round++)
    for (const runner of runners) {
      const { milliseconds, parameters } = runnerAnswers.merge.parse(await runner.ask({ do: 'merge', rounds: 1 }));
      runner.rates.push(parameters / Math.min(...milliseconds) / 1000);
    }
  console.log(`${shape}, ${values.backend}: million values a second, median (best) of ${values.rounds}`);
  for (const { checkout, adapter, rates, end } of runners) {
    const sorted = rates.toSorted((one, other) => one - other);
    const [median = Number.NaN, best = Number.NaN] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
    console.log(`  ${adapter.padEnd(6)}${median.toFixed(0).padStart(6)} (${best.toFixed(0)})  ${checkout}`);
    end();
  }
}

/**
 * One process of a checkout's own bench, with the model and a fresh adapter in it.
 * @param {string} checkout
 * @param {string} shape
 * @param {string} adapter
 */
async function start(checkout, shape, adapter) {
  const child = spawn(process.execPath, [join(checkout, 'src-main/bench/worker.ts'), values.backend], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  /** @param {RunnerRequest} request */
  const ask = async (request) => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error(`the process of ${checkout} ended`);
    const answer = z.looseObject({ error: z.string().optional() }).parse(JSON.parse(value));
    if (answer.error) throw new Error(answer.error);
    return answer;
  };
  const problem = { shape, adapter, threads: 2, small: false, writes: false, exchange: '' };
  await ask({
    do: 'load',
    precision: 'float32',
    compiled: false,
    clock: 'elapsed',
    ...problem,
    resources: join(checkout, 'assets'),
  });
  /** @type {number[]} */
  const rates = [];
  return { checkout, adapter, rates, ask, end: () => child.stdin.end() };
}
