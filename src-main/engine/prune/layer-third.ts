import type { PruneDeclaration } from '../../../src-shared/domain/adapters/prune.ts';
import { layerPruning } from './layer-pruning.ts';

const thirds = ['low', 'middle', 'high'];

const declaration: PruneDeclaration = {
  id: 'layer-third',
  label: 'One third of the layers',
  summary: 'Keeps the adapters of the lowest, the middle or the highest third of the layers only.',
  paper: { title: 'Come Together, But Not Right Now (CoTo)', url: 'https://arxiv.org/abs/2506.05713' },
  parameters: [
    {
      name: 'third',
      label: 'Third',
      type: 'choice',
      default: 'low',
      choices: [
        { value: 'low', label: 'Low (nearest the input)' },
        { value: 'middle', label: 'Middle' },
        { value: 'high', label: 'High (nearest the output)' },
      ],
      help: 'Third of the adapted layers that is kept. If their number is not a multiple of three, thirds differ by one layer.',
    },
  ],
  patterns: [
    { label: 'Low third', parameters: { third: 'low' }, usual: true },
    { label: 'Middle third', parameters: { third: 'middle' }, usual: true },
    { label: 'High third', parameters: { third: 'high' }, usual: true },
  ],
  grid: null,
};

/** Keeps adapted layers ⌊k·n/3⌋ up to ⌊(k+1)·n/3⌋, counted from the input; k is 0 for low, 1 middle, 2 high. */
export const layerThird = layerPruning(declaration, (layers, { third }) => {
  const k = thirds.indexOf(String(third));
  const bound = (index: number) => Math.floor((index * layers.length) / 3);
  return layers.slice(bound(k), bound(k + 1));
});
