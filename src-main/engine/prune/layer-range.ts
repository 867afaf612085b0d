import type { PruneDeclaration } from '../../../src-shared/domain/adapters/prune.ts';
import { layerPruning } from './layer-pruning.ts';
import { layerCountParameter } from './parameters.ts';

const declaration: PruneDeclaration = {
  id: 'layer-range',
  label: 'First or last layers',
  summary: 'Keeps the adapters of the first or the last k layers.',
  parameters: [
    layerCountParameter,
    {
      name: 'end',
      label: 'Counted from',
      type: 'choice',
      default: 'last',
      choices: [
        { value: 'first', label: 'First layers (nearest the input)' },
        { value: 'last', label: 'Last layers (nearest the output)' },
      ],
      help: 'Which end of the model the layers that stay are counted from.',
    },
  ],
  patterns: [],
  grid: {
    parameter: 'layers',
    values: [],
    label: '{value} layers kept',
    percent: false,
    axis: 'layers that keep their adapters',
    unchanged: null,
  },
};

/** Keeps the first or the last k of the adapted layers; all of them if there are fewer. */
export const layerRange = layerPruning(declaration, (layers, { layers: count, end }) =>
  end === 'first' ? layers.slice(0, Number(count)) : layers.slice(-Number(count)),
);
