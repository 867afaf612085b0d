import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import * as tf from '@tensorflow/tfjs-core';
import { StudioError, toErrorValue } from '../../src-shared/contract/errors.ts';
import { computeIdSchema } from '../../src-shared/domain/app/catalog.ts';
import { activateCompute, type ComputeBackend, computeBackends, resolveComputeDtype } from '../engine/api/backends.ts';
import type { ComputeChoice } from '../engine/api/compute.ts';
import { FrozenWeight, frozenLinear } from '../engine/ops/index.ts';
import { BenchRunner } from './bench-runner.ts';
import { type GemmRate, type RunnerAnswer, type RunnerRequest, runnerRequestSchema } from './protocol.ts';
import { RandomTensors } from './random-tensors.ts';
import { TogetherRunner } from './together-runner.ts';
import { workloadOf } from './workloads/index.ts';

/** The frozen products of the encoder and the decoder: rows, inFeatures, outFeatures. */
const sizes: readonly (readonly [number, number, number])[] = [
  [2048, 256, 256],
  [2048, 256, 1024],
  [2048, 1024, 256],
  [2048, 512, 512],
  [2048, 512, 1536],
  [2048, 1536, 512],
];

/** Best rate of x·W in the engine, and of the backend's library alone; takes about `seconds` in total. */
async function measureGemmRates(backend: ComputeBackend, bfloat16: boolean, seconds: number): Promise<GemmRate[]> {
  const made = new RandomTensors(2);
  const rates: GemmRate[] = [];
  for (const [rows, inFeatures, outFeatures] of sizes) {
    const x = tf.tensor2d(made.uniform([rows, inFeatures], 1).data as Float32Array, [rows, inFeatures]);
    const weight = new FrozenWeight(made.uniform([outFeatures, inFeatures], 0.05), null, bfloat16);
    let best = Number.POSITIVE_INFINITY;
    const until = performance.now() + (1000 * seconds) / sizes.length;
    // The first call packs the weight. Reading one value waits for asynchronous backends.
    for (let round = 0; round < 2 || performance.now() < until; round++) {
      const started = performance.now();
      const y = frozenLinear(x, weight);
      const corner = tf.slice(y, [0, 0], [1, 1]);
      await corner.data();
      best = Math.min(best, performance.now() - started);
      tf.dispose([y, corner]);
    }
    x.dispose();
    weight.dispose();
    rates.push({
      rows,
      inFeatures,
      outFeatures,
      gflops: (2 * rows * inFeatures * outFeatures) / best / 1e6,
      libraryGflops: backend.measureLibraryGemm?.({ rows, inFeatures, outFeatures, bfloat16 }) ?? null,
    });
  }
  return rates;
}

/** Process of a studio runner; its argument is the compute backend. See protocol.ts. */
const choice: ComputeChoice = computeIdSchema.parse(process.argv[2]);
let runner: BenchRunner | null = null;
let bfloat16 = false;
let problem: Extract<RunnerRequest, { do: 'load' }> | null = null;

type Answers = { [Kind in RunnerRequest['do']]: RunnerAnswer<Kind> };

async function answer(request: RunnerRequest): Promise<Answers[keyof Answers]> {
  switch (request.do) {
    case 'load': {
      const compute = await activateCompute(choice, request.threads);
      bfloat16 =
        resolveComputeDtype(request.precision === 'float32' ? 'float32' : 'bfloat16', compute.id) === 'bfloat16';
      const shape = workloadOf(request.shape);
      runner?.dispose();
      const { adapter, small, resources, exchange, clock } = request;
      problem = request;
      const folder = dirname(exchange);
      runner = await BenchRunner.load(shape, adapter, { small, resources, folder, bfloat16, clock });
      if (request.writes) await runner.writeProblemFile(request.exchange);
      return { device: compute.device, threads: compute.threads };
    }
    case 'losses':
      return loaded().losses(request.count);
    case 'time':
      return { milliseconds: await loaded().time(request.masks) };
    case 'outside-kernels':
      // JavaScript only launches GPU kernels: the time inside the calls is meaningless.
      return { share: choice === 'webgpu' ? null : await loaded().outsideKernels(request.steps) };
    case 'gemm': {
      const backend = computeBackends.find((candidate) => candidate.id === choice);
      if (backend === undefined) throw new StudioError('not_found', `There is no compute backend "${choice}".`);
      return { rates: await measureGemmRates(backend, bfloat16, request.seconds) };
    }
    case 'merge':
      return loaded().merge(request.rounds);
    case 'together':
      return timeTogether(request);
    case 'unload':
      runner?.dispose();
      runner = null;
      return {};
  }
}

async function timeTogether({ count, batch, seconds }: Extract<RunnerRequest, { do: 'together' }>) {
  if (problem === null) throw new StudioError('internal', 'No workload is loaded.');
  const { shape, adapter, small, resources, exchange } = problem;
  // Its memory is needed.
  runner?.dispose();
  runner = null;
  const together = await TogetherRunner.load(
    workloadOf(shape),
    adapter,
    { small, resources, folder: dirname(exchange), bfloat16 },
    { count, batch },
  );
  try {
    await together.round();
    const difference = await together.difference();
    const started = performance.now();
    const rounds = [];
    do rounds.push(await together.round());
    while (performance.now() - started < 1000 * seconds);
    return { rounds, difference };
  } finally {
    together.dispose();
  }
}

function loaded(): BenchRunner {
  if (runner === null) throw new StudioError('internal', 'No workload is loaded.');
  return runner;
}

for await (const line of createInterface({ input: process.stdin })) {
  const reply = await Promise.resolve()
    .then(() => answer(runnerRequestSchema.parse(JSON.parse(line))))
    .catch((thrown: unknown) => ({ error: toErrorValue(thrown).message }));
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
