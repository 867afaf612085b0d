import { describe, expect, it } from 'vitest';
import { byPreference, preferred, withChoice } from '../../../src-main/engine/compute/selection.ts';
import type { ComputeBackendReport } from '../../../src-shared/domain/app/catalog.ts';

function report(
  id: ComputeBackendReport['id'],
  kind: ComputeBackendReport['kind'],
  rates: readonly [float32: number, bfloat16: number | null] | null = null,
): ComputeBackendReport {
  return {
    id,
    kind,
    label: id,
    available: kind !== null,
    chosen: false,
    device: kind,
    memoryBytes: null,
    card: null,
    reason: `${id} on ${kind}. More.`,
    gemmGflops: rates?.[0] ?? null,
    gemmBfloat16Gflops: rates?.[1] ?? null,
  };
}

const [wasm, native] = [report('wasm', 'cpu'), report('native', 'cpu')];

function reasonOfChosen(...given: Parameters<typeof withChoice>): string | undefined {
  return withChoice(...given).find(({ chosen }) => chosen)?.reason;
}

describe('auto', () => {
  it.each([
    [[wasm, native, report('webgpu', 'gpu'), report('tensorflow', 'gpu')], 'tensorflow'],
    [[wasm, native, report('webgpu', 'gpu'), report('tensorflow', 'cpu')], 'webgpu'],
    [[wasm, report('tensorflow', 'cpu'), native, report('webgpu', null)], 'native'],
    [[wasm, report('tensorflow', 'cpu'), report('native', null)], 'tensorflow'],
    [[wasm, report('webgpu', 'software'), report('tensorflow', null)], 'wasm'],
  ])('takes the best of what works: %#', (reports, id) => {
    expect(preferred(reports, 'auto')?.id).toBe(id);
    expect(byPreference(reports).find(({ available }) => available)?.id).toBe(id);
    expect(withChoice(reports, 'auto').filter(({ chosen }) => chosen)).toMatchObject([
      { id, reason: expect.stringMatching(/^Taken automatically/) },
    ]);
  });

  it('takes no imitation of a GPU, even where nothing else works', () => {
    expect(preferred([report('webgpu', 'software'), report('wasm', null)], 'auto')).toBeNull();
  });

  it('leaves a GPU that was measured to be clearly slower than the processor', () => {
    const fast = report('native', 'cpu', [310, 900]);
    const taken = (gflops: number) => preferred([fast, report('webgpu', 'gpu', [gflops, null])], 'auto')?.id;
    expect(taken(100)).toBe('native');
    expect(taken(719)).toBe('native');
    expect(taken(721)).toBe('webgpu');
    expect(preferred([native, report('webgpu', 'gpu', [1, null])], 'auto')?.id).toBe('webgpu');
  });

  it('leaves no processor for another that was measured to be faster', () => {
    const measured = [report('wasm', 'cpu', [50, null]), report('native', 'cpu', [10, null])];
    expect(preferred(measured, 'auto')?.id).toBe('native');
  });
});

describe('reason for a backend', () => {
  const gpu = report('webgpu', 'gpu', [8123, null]);
  const measured = report('native', 'cpu', [310.4, 402]);

  it.each([
    [[native, wasm], 'auto', 'Taken automatically. native on cpu. More.'],
    [
      [native, report('webgpu', null), report('tensorflow', null)],
      'auto',
      'Taken automatically: tensorflow cannot be used (tensorflow on null), webgpu cannot be used (webgpu on null). native on cpu. More.',
    ],
    [
      [wasm, measured, gpu],
      'auto',
      'Taken automatically: 8,123 GFLOPS in products here, native 402. webgpu on gpu. More.',
    ],
    [
      [report('webgpu', 'gpu', [90, null]), measured, report('tensorflow', null)],
      'auto',
      'Taken automatically: 402 GFLOPS in products here, webgpu 90; tensorflow cannot be used (tensorflow on null). native on cpu. More.',
    ],
    [
      [wasm, report('webgpu', 'software')],
      'auto',
      'Taken automatically: webgpu has only a software renderer here. wasm on cpu. More.',
    ],
    [
      [measured, gpu],
      'native',
      'Chosen in the settings, where webgpu would be taken automatically: 402 GFLOPS in products here, webgpu 8,123. native on cpu. More.',
    ],
    [
      [measured, gpu],
      'webgpu',
      'Chosen in the settings: 8,123 GFLOPS in products here, native 402. webgpu on gpu. More.',
    ],
    [[report('webgpu', 'software')], 'webgpu', 'Chosen in the settings. webgpu on software. More.'],
  ] as const)('is said in a sentence: %#', (reports, choice, sentence) => {
    expect(reasonOfChosen(reports, choice)).toBe(sentence);
  });
});

it('a choice by name is kept, even of an imitation, and says so where it does not work', () => {
  expect(preferred([wasm, report('webgpu', 'software')], 'webgpu')?.kind).toBe('software');
  expect(reasonOfChosen([wasm, report('native', null)], 'native')).toBe('native on null. More.');
});

it('lists unusable backends in their order, and those never chosen last', () => {
  const reports = [report('webgpu', 'software'), wasm, report('native', null), report('tensorflow', 'cpu')];
  expect(byPreference(reports).map(({ id }) => id)).toEqual(['native', 'tensorflow', 'wasm', 'webgpu']);
});
