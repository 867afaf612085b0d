import { expect, test } from 'vitest';
import { groupAxis } from '../../../src-shared/figures/activation.ts';

const namesOf = (groups: readonly string[]) => groupAxis(groups, { dark: false })['ticktext'];

test('modules are named by their layer and last part, layers and what would be alike as they are', () => {
  expect(namesOf(['vit.layers.0.attention.q_proj', 'vit.layers.0.mlp.fc1', 'vit.layers.1.attention.q_proj'])).toEqual([
    '0.q_proj',
    '0.fc1',
    '1.q_proj',
  ]);
  expect(namesOf(['layers.0', 'layers.1'])).toEqual(['layers.0', 'layers.1']);
  const alike = ['encoder.0.attention.q', 'decoder.0.attention.q'];
  expect(namesOf(alike)).toEqual(alike);
});
