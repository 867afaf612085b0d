import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { scheduleMasks } from '../../src-main/bench/masks.ts';
import { type BenchReport, benchReportSchema } from '../../src-main/bench/report.ts';
import { type BenchOptions, benchAdapters, benchParts, runBench, workloads } from '../../src-main/bench/run-bench.ts';
import { meanOverMasks, onlyActive, stepTime } from '../../src-main/bench/statistics.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const python = findPyTorch();
/** Reduced, the two Llama shapes are the same, so one suffices. */
const shapes = workloads.filter(({ id }) => id !== 'llama-1b');
/** Workloads with all parts: large ones only time steps. */
const small = shapes.filter(({ isLarge }) => !isLarge);

/** Finds the Python that `npm run bench` would use, without installing it. */
function findPyTorch(): string | null {
  const code = "import('./scripts/bootstrap/python.mjs').then((m) => console.log(m.findPython(m.pytorch) ?? ''))";
  const found = execFileSync(process.execPath, ['-e', code], { cwd: root, encoding: 'utf8' }).trim();
  return existsSync(found) ? found : null;
}

function quickBench(peer: string | null, options: Partial<BenchOptions> = {}): Promise<BenchReport> {
  return runBench({
    version: 'test',
    quick: true,
    shapes,
    backends: ['wasm'],
    precisions: ['float32'],
    adapters: benchAdapters,
    parts: benchParts,
    peer: peer === null ? { reason: 'none here' } : { python: peer, script: `${root}/src-main/bench/peers/pytorch.py` },
    threads: 1,
    resources: `${root}/assets`,
    report: () => undefined,
    ...options,
  });
}

describe('the bench', () => {
  it('runs every shape with every adapter to its end and says what it had to leave out', async () => {
    const made = await quickBench(null, { precisions: ['float32', 'bfloat16'] });
    const report = benchReportSchema.parse(JSON.parse(JSON.stringify(made)));
    const all = shapes.flatMap((shape) => benchAdapters.map((adapter) => [shape.id, adapter] as const));
    expect(report.entries.map((entry) => [entry.shape, entry.contender, entry.precision, entry.adapter])).toEqual(
      all.map(([shape, adapter]) => [shape, 'wasm', 'float32', adapter]),
    );
    for (const { shape, plain, coto, lowestAlone, onlyActive, losses, outsideKernels } of report.entries) {
      expect(plain.minimum).toBeGreaterThan(0);
      expect(plain.median).toBeGreaterThanOrEqual(plain.minimum);
      expect(coto.minimum).toBeGreaterThan(0);
      if (small.some(({ id }) => id === shape)) expect(lowestAlone?.minimum).toBeGreaterThan(0);
      else expect(lowestAlone).toBeNull();
      expect(onlyActive?.minimum ?? 1).toBeGreaterThan(0);
      expect(losses.every(Number.isFinite)).toBe(true);
      // The three losses are of one batch: an update that did nothing, or went the wrong way, would show.
      expect(losses[2]).toBeLessThan(losses[0] ?? Number.NaN);
      expect(outsideKernels).toBeGreaterThan(0);
      expect(outsideKernels).toBeLessThan(1);
    }
    // Runs trained together compute what each computes alone.
    expect(
      report.together.map(({ shape, precision, runs, difference }) => [shape, precision, runs, difference]),
    ).toEqual(small.map(({ id }) => [id, 'float32', 5, 0]));
    expect(report.together.every(({ apart, together }) => apart.minimum > 0 && together.minimum > 0)).toBe(true);
    const everywhere = { shape: null, precision: null, adapter: null };
    expect(report.missing).toContainEqual({ ...everywhere, contender: 'pytorch', reason: 'none here' });
    const refused = report.missing.filter(({ precision }) => precision === 'bfloat16');
    expect(refused.map(({ shape }) => shape)).toEqual(shapes.map((shape) => shape.id));
    for (const { reason } of refused) expect(reason).toMatch(/WebAssembly computes in float32 only/);
    expect(report.gemm[0]?.rates.every(({ gflops }) => gflops > 0)).toBe(true);
    expect(report.loading[0]?.ours).toBeGreaterThan(0);
    expect(report.merging.map(({ shape, adapter }) => [shape, adapter])).toEqual(
      small.flatMap(({ id }) => benchAdapters.map((adapter) => [id, adapter])),
    );
    for (const shape of shapes) {
      const [lora, dora] = report.entries.filter((entry) => entry.shape === shape.id);
      // Both begin as the plain base; thereafter DoRA goes a way of its own.
      expect(dora?.losses[0]).toBeCloseTo(lora?.losses[0] ?? Number.NaN, 5);
      expect(Math.abs((dora?.losses[2] ?? 0) - (lora?.losses[2] ?? 0))).toBeGreaterThan(1e-4);
    }
  });

  it.skipIf(python === null)(
    'has the losses of PyTorch on the same weights and batches, over three optimizer steps, with every adapter',
    async () => {
      const known = shapes.filter(({ isWithoutPeers }) => !isWithoutPeers);
      const report = await quickBench(python, { shapes: known });
      expect(report.missing).toEqual([]);
      const peers = report.entries.filter(({ contender }) => contender === 'pytorch');
      expect(peers).toHaveLength(known.length * benchAdapters.length);
      expect(peers.map(({ lowestAlone }) => lowestAlone)).toEqual(peers.map(() => null));
      for (const { lossDifference, losses } of peers) {
        expect(lossDifference).toBeLessThan(1e-5);
        expect(losses).toHaveLength(3);
      }
    },
  );

  it.skipIf(python === null)(
    'has nearly the losses of PyTorch in bfloat16, and names an adapter that PyTorch has not learned yet',
    async () => {
      const report = await quickBench(python, {
        shapes: workloads.filter(({ id }) => id === 'encoder'),
        precisions: ['float32', 'bfloat16'],
        adapters: [...benchAdapters, 'rslora'],
      });
      const peers = report.entries.filter(({ contender }) => contender === 'pytorch');
      expect(peers.map(({ precision, adapter }) => [precision, adapter]).sort()).toEqual(
        ['bfloat16', 'float32'].flatMap((precision) => benchAdapters.map((adapter) => [precision, adapter])).sort(),
      );
      for (const { lossDifference } of peers) expect(lossDifference).toBeLessThan(2e-2);
      expect(report.missing).toContainEqual({
        shape: 'encoder',
        contender: 'pytorch',
        precision: null,
        adapter: 'rslora',
        reason: expect.stringContaining('knows nothing of the adapter rslora'),
      });
    },
  );
});

describe("masks of CoTo's schedule", () => {
  it('are the same every time, each with at least one group on, and climb with the schedule', () => {
    const masks = scheduleMasks(64, 12);
    expect(scheduleMasks(64, 12)).toEqual(masks);
    expect(masks.every((mask) => mask.length === 12 && mask.includes(1))).toBe(true);
    const shareOn = (some: readonly (readonly number[])[]) =>
      some.flat().reduce((sum, bit) => sum + bit, 0) / (some.length * 12);
    // Van der Corput's order: the first half stands all over the schedule, so its mean is that of all, (0.1 + 1) / 2 over
    // three quarters of the steps and 1 over the last: 0.66.
    expect(shareOn(masks)).toBeGreaterThan(0.56);
    expect(shareOn(masks)).toBeLessThan(0.76);
    expect(Math.abs(shareOn(masks.slice(0, 32)) - shareOn(masks))).toBeLessThan(0.1);
  });
});

it('means over masks are of each mask by itself', () => {
  const times = new Map([
    [0, [4, 2, 3]],
    [5, [10]],
  ]);
  expect(meanOverMasks(times)).toEqual({ median: 6.5, minimum: 6, samples: 4 });
  expect(stepTime([4, 1, 3, 2])).toEqual({ median: 2.5, minimum: 1, samples: 4 });
});

it('lets an adapter that is on cost its share of the full step, and one that is off nothing', () => {
  const masks = [
    [1, 0, 1],
    [0, 0, 1],
    [1, 1, 1],
  ];
  // All three add 4 to what the lowest alone takes: 2 each for the two above it.
  const alone = new Map([
    [0, [6, 6]],
    [1, [3]],
    [2, [6]],
  ]);
  expect(onlyActive(stepTime([10]), alone, masks)?.median).toBeCloseTo((8 + 3 + 10) / 3, 10);
  expect(onlyActive(stepTime([10]), new Map([[1, [3]]]), masks)).toBeNull();
});
