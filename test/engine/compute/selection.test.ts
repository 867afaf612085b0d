import { describe, expect, it } from 'vitest';
import { byPreference, preferred, withChoice } from '../../../src-main/engine/compute/selection.ts';
import type { ComputeBackendReport } from '../../../src-shared/domain/catalog.ts';

function report(id: ComputeBackendReport['id'], kind: ComputeBackendReport['kind']): ComputeBackendReport {
  return {
    id,
    kind,
    label: id,
    available: kind !== null,
    chosen: false,
    device: kind,
    memoryBytes: null,
    reason: `${id} on ${kind}.`,
    gemmGflops: null,
    gemmBfloat16Gflops: null,
  };
}

const [wasm, native] = [report('wasm', 'cpu'), report('native', 'cpu')];

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
      { id, reason: expect.stringMatching(/^Fastest available/) },
    ]);
  });

  it('takes no imitation of a GPU, even where nothing else works', () => {
    expect(preferred([report('webgpu', 'software'), report('wasm', null)], 'auto')).toBeNull();
  });
});

it('a choice by name is kept, even of an imitation, and says so where it does not work', () => {
  expect(preferred([wasm, report('webgpu', 'software')], 'webgpu')?.kind).toBe('software');
  expect(withChoice([wasm, report('native', null)], 'native').find(({ chosen }) => chosen)).toMatchObject({
    id: 'native',
    reason: 'native on null.',
  });
});

it('lists unusable backends in their order, and those never chosen last', () => {
  const reports = [report('webgpu', 'software'), wasm, report('native', null), report('tensorflow', 'cpu')];
  expect(byPreference(reports).map(({ id }) => id)).toEqual(['native', 'tensorflow', 'wasm', 'webgpu']);
});
