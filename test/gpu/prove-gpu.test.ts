import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { gpuPage } from '../../src-main/bench/gpu/page.ts';
import { type GpuProofOptions, proveGpu } from '../../src-main/bench/gpu/prove-gpu.ts';
import { type GpuReport, gpuReportSchema } from '../../src-main/bench/gpu/report.ts';
import { emptyStep } from '../../src-main/bench/gpu/steps.ts';
import { vitShape } from '../../src-main/bench/workloads/vit.ts';

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

function prove(options: Partial<GpuProofOptions> = {}): Promise<GpuReport> {
  return proveGpu({
    version: 'test',
    quick: true,
    backends: ['wasm'],
    shapes: ['vit'],
    seconds: 600,
    conformanceSeconds: 3,
    python: here('./fake-torch.sh'),
    resources: here('../../assets'),
    report: () => undefined,
    ...options,
  });
}

afterEach(() => {
  delete process.env['COTO_GPU_PRELOAD'];
});

describe('the proof of a backend', () => {
  it('holds it to double precision and to native, times it, and has PyTorch beside it', async () => {
    const kept: boolean[] = [];
    const said: string[] = [];
    const report = await prove({
      keep: async ({ complete }) => void kept.push(complete),
      report: (text) => void said.push(text),
    });
    expect(gpuReportSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
    const [wasm] = report.backends;
    expect(wasm).toMatchObject({ id: 'wasm', available: true, adapter: { kind: 'cpu' }, limits: null });
    expect(wasm?.products?.found.map(({ gflops }) => gflops > 0)).toEqual([true, true, true]);
    expect(wasm?.conformance?.found?.checked).toBeGreaterThan(0);
    expect(wasm?.conformance?.found?.failures).toEqual([]);
    expect(wasm?.trajectories).toMatchObject({ outcome: 'passed', reason: '' });
    expect(wasm?.trajectories?.found.map(({ id }) => id)).toEqual(['vit-lora', 'small-llama-lora']);
    const [step] = wasm?.steps ?? [];
    expect(step).toMatchObject({ shape: 'vit', small: true, outcome: 'passed', dispatches: null });
    expect(step?.medianMilliseconds).toBeGreaterThan(0);
    expect(report.pytorch).toMatchObject({ version: '2.13.0', device: 'Card of the test', reason: '' });
    expect(report.pytorch.steps).toMatchObject([{ shape: 'vit', medianMilliseconds: 11, loss: 1.5 }]);
    // Results are stored part by part, and complete at the end.
    expect(kept.length).toBeGreaterThan(5);
    expect(kept.at(-1)).toBe(true);
    expect(kept.slice(0, -1)).not.toContain(true);
    expect(said.every((text) => /^\[\d+:\d\d left at most\] /.test(text))).toBe(true);
    const page = gpuPage(report);
    expect(page).toContain('It computes on the processor here');
    expect(page).toContain('PyTorch 2.13.0 on Card of the test');
    expect(page).toMatch(/WebAssembly over PyTorch: bundled ViT [\d.]+ ×/);
    // A full step is not compared with a small one.
    const whole = {
      ...report,
      pytorch: { ...report.pytorch, steps: [{ ...emptyStep(vitShape, false), medianMilliseconds: 11 }] },
    };
    expect(gpuPage(whole)).not.toContain('over PyTorch');
  });

  it('outlives a driver that crashes, and says so', async () => {
    process.env['COTO_GPU_PRELOAD'] = here('./crashing-driver.ts');
    const report = await prove({ trajectories: [], shapes: ['encoder'], python: here('./none') });
    const [wasm] = report.backends;
    expect(wasm?.conformance?.found?.failures).toEqual([]);
    expect(wasm?.steps).toMatchObject([{ outcome: 'crashed', medianMilliseconds: null }]);
    expect(wasm?.steps[0]?.reason).toContain('SIGABRT');
    expect(report.complete).toBe(true);
    expect(report.pytorch.version).toBeNull();
    expect(gpuPage(report)).toContain('**CRASHED**: The process ended');
  });

  it('ends at once where it is interrupted, with what it has', async () => {
    const interrupted = new AbortController();
    const report = await prove({
      signal: interrupted.signal,
      report: (text) => {
        if (text.includes('conformance')) interrupted.abort();
      },
    });
    expect(report.complete).toBe(false);
    expect(report.backends[0]?.products?.found.length).toBe(3);
    expect(report.backends[0]?.trajectories).toBeNull();
    expect(gpuPage(report)).toContain('interrupted: the rest is missing');
  });
});
