import type { Declaration } from '../../../src-shared/domain/parameter.ts';
import { checkedParameters } from '../checked-parameters.ts';
import { adaptedLayers, keepLayers, type PruneMethod } from './prune-method.ts';

const declaration: Declaration = {
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
        { value: 'even', label: 'First, third, fifth …' },
        { value: 'odd', label: 'Second, fourth, sixth …' },
      ],
      help: 'Which adapted layers stay, counted from the input; the first adapted layer counts as 0 (even).',
    },
  ],
};

/** Keeps the even (0, 2, 4 …) or the odd ones of the adapted layers, counted from the input. */
export const everyOtherLayer: PruneMethod = {
  declaration,
  grid: null,
  describe: (parameters) =>
    checkedParameters(declaration, parameters)['keep'] === 'odd' ? 'Every other layer (odd)' : 'Every other layer',
  prune(state, description, given) {
    const parity = checkedParameters(declaration, given)['keep'] === 'odd' ? 1 : 0;
    const kept = adaptedLayers(state, description).filter((_, position) => position % 2 === parity);
    return keepLayers(state, description, kept);
  },
};
