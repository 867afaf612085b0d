import { expect, it } from 'vitest';
import { formatRanges, groupModules } from '../../../../src-renderer/features/models/module-groups.ts';
import { type LinearModule, plainLinear } from '../../../../src-shared/domain/models/model.ts';

function linear(name: string, layer: number | null, inFeatures: number, outFeatures: number): LinearModule {
  return {
    name,
    aliases: [],
    checkpointKey: name,
    layer,
    inFeatures,
    outFeatures,
    hasBias: true,
    isHead: layer === null,
    ...plainLinear,
  };
}

it('groups by last name and shape', () => {
  const groups = groupModules([
    linear('vit.layers.0.attention.q_proj', 0, 8, 8),
    linear('vit.layers.0.mlp.fc1', 0, 8, 16),
    linear('vit.layers.1.attention.q_proj', 1, 8, 8),
    linear('vit.layers.1.mlp.fc1', 1, 8, 32),
    linear('classifier', null, 8, 3),
  ]);
  expect(groups.map((group) => [group.suffix, group.count, group.layers, group.parameters, group.isHead])).toEqual([
    ['q_proj', 2, '0–1', 64, false],
    ['fc1', 1, '0', 128, false],
    ['fc1', 1, '1', 256, false],
    ['classifier', 1, '', 24, true],
  ]);
});

it('keeps experts apart from a linear of the same name and shape', () => {
  const expert = (index: number): LinearModule => ({
    ...linear(`model.layers.0.mlp.experts.${index}.down_proj`, 0, 8, 4),
    expert: { parameter: 'model.layers.0.mlp.experts.down_proj', index, count: 2 },
  });
  const groups = groupModules([expert(0), expert(1), linear('model.layers.0.mlp.shared_expert.down_proj', 0, 8, 4)]);
  expect(groups.map(({ suffix, count, isExpert }) => [suffix, count, isExpert])).toEqual([
    ['down_proj', 2, true],
    ['down_proj', 1, false],
  ]);
});

it('writes numbers as ranges', () => {
  expect(formatRanges([3, 0, 1, 2, 7, 9, 8, 5])).toBe('0–3, 5, 7–9');
  expect(formatRanges([4, 4])).toBe('4');
  expect(formatRanges([])).toBe('');
});
