import type { PruneDeclaration } from '../../../src-shared/domain/adapters/prune.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { layerPruning } from './layer-pruning.ts';
import { layerCountParameter, seedParameter } from './parameters.ts';

const declaration: PruneDeclaration = {
  id: 'random-layers',
  label: 'Random layers',
  summary: 'Keeps the adapters of k random layers: what any other choice of layers has to beat.',
  parameters: [layerCountParameter, seedParameter('Draws the layers. Repeat with several seeds and compare the mean.')],
  patterns: [],
  grid: {
    parameter: 'layers',
    values: [],
    label: '{value} random layers kept',
    percent: false,
    axis: 'random layers that keep their adapters',
    unchanged: null,
  },
};

/** Keeps k of the adapted layers, all such sets alike; those of a lower k are among those of a higher one with the same seed. */
export const randomLayers = layerPruning(declaration, (layers, { layers: count, seed }) => {
  const shuffled = RandomStream.named(Number(seed), 'merge', 'prune/random-layers').shuffle([...layers]);
  return shuffled.slice(0, Number(count));
});
