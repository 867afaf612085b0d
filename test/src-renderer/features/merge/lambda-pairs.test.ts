import { expect, test } from 'vitest';
import { lambdaPairs } from '../../../../src-renderer/features/merge/lambda-pairs.ts';
import { lossColor, pointsLost } from '../../../../src-renderer/features/merge/result-matrix.tsx';
import { type AdapterRecord, adapterRecordSchema } from '../../../../src-shared/domain/adapter.ts';
import { cotoSettingsSchema } from '../../../../src-shared/domain/coto.ts';

function adapter(id: string, coto: boolean): AdapterRecord {
  return adapterRecordSchema.parse({
    id,
    name: id,
    folder: id,
    modelId: 'base',
    variant: 'lora',
    parameters: { r: 4, lora_alpha: 8 },
    targetModules: ['q_proj'],
    layers: [0],
    modulesToSave: [],
    coto: coto ? cotoSettingsSchema.parse({}) : null,
    origin: { kind: 'import', path: '/' },
    datasetId: 'data',
    accuracy: null,
    parameterCount: 1,
    sizeBytes: 1,
    sha256: '',
    createdAt: 0,
    archived: false,
  });
}
const variants = new Map([['lora', 'LoRA']]);

test('two adapters are one pair; two with and two without CoTo are two pairs to lay over each other', () => {
  expect(lambdaPairs([adapter('a', true), adapter('b', true)], variants)).toMatchObject([
    { label: 'LoRA + CoTo', coto: true, from: { id: 'a' }, to: { id: 'b' } },
  ]);
  const four = lambdaPairs(
    [adapter('a', true), adapter('b', false), adapter('c', true), adapter('d', false)],
    variants,
  );
  expect(four).toMatchObject([
    { label: 'LoRA + CoTo', coto: true, from: { id: 'a' }, to: { id: 'c' } },
    { label: 'LoRA', coto: false, from: { id: 'b' }, to: { id: 'd' } },
  ]);
  expect(lambdaPairs([adapter('a', true), adapter('b', true), adapter('c', true)], variants)).toBeNull();
  expect(lambdaPairs([], variants)).toBeNull();
});

test('a cell is colored by what is lost against the best own adapter of its task', () => {
  const kinds = ['own', 'own', 'merged', 'base'];
  expect(pointsLost([0.6, 0.8, 0.7, null], kinds, 2)).toBeCloseTo(-10);
  expect(pointsLost([0.6, 0.8, 0.7, null], kinds, 3)).toBeNull();
  expect(lossColor(0)).toBe('transparent');
  expect(lossColor(-30)).toBe('rgb(213 94 0 / 0.600)');
  expect(lossColor(15)).toBe('rgb(0 114 178 / 0.300)');
});
