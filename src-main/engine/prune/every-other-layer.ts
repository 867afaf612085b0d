import type { PruneDeclaration } from '../../../src-shared/domain/adapters/prune.ts';
import { layerPruning } from './layer-pruning.ts';

const declaration: PruneDeclaration = {
  id: 'every-other-layer',
  label: 'Every other layer',
  summary: "Keeps the adapters of every second layer, counted from the input: the paper's “everyother”.",
  paper: { title: 'Come Together, But Not Right Now (CoTo)', url: 'https://arxiv.org/abs/2506.05713' },
  parameters: [
    {
      name: 'keep',
      label: 'Keep',
      type: 'choice',
      default: 'even',
      choices: [
        { value: 'even', label: 'Odd layers' },
        { value: 'odd', label: 'Second, fourth, sixth …' },
      ],
      help: 'Which adapted layers stay, counted from the input; the first adapted layer counts as 0 (even).',
    },
  ],
  patterns: [
    { label: 'Every other layer', parameters: { keep: 'even' }, usual: true },
    { label: 'Every other layer (odd)', parameters: { keep: 'odd' }, usual: false },
  ],
  grid: null,
};

/** Keeps the even (0, 2, 4 …) or the odd ones of the adapted layers, counted from the input. */
export const everyOtherLayer = layerPruning(declaration, (layers, { keep }) => {
  const parity = keep === 'odd' ? 1 : 0;
  return layers.filter((_, position) => position % 2 === parity);
});
