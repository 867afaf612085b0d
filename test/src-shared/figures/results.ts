import type { InterpolationResult } from '../../../src-shared/studies/interpolation.ts';
import type { MergingResult } from '../../../src-shared/studies/merging.ts';
import type { PruningResult } from '../../../src-shared/studies/pruning-schemas.ts';

/** Results small enough to be worked by hand. */
export const interpolationResult: InterpolationResult = {
  kind: 'interpolation',
  examples: 100,
  pairs: [
    {
      label: 'LoRA',
      coto: false,
      points: [
        { lambda: 0, accuracy: 0.7, loss: 1 },
        { lambda: 0.5, accuracy: 0.6, loss: 1.5 },
        { lambda: 1, accuracy: 0.72, loss: 1 },
      ],
      accuracyBarrier: 0.11,
      lossBarrier: 0.5,
    },
    {
      label: 'LoRA + CoTo',
      coto: true,
      points: [
        { lambda: 0, accuracy: 0.73, loss: 0.9 },
        { lambda: 0.5, accuracy: 0.71, loss: 1 },
        { lambda: 1, accuracy: 0.73, loss: 0.9 },
      ],
      accuracyBarrier: 0.02,
      lossBarrier: 0.1,
    },
  ],
};

const pruned = (
  label: string,
  coto: boolean,
  seed: number,
  [unpruned, everyOther, low, half]: [number, number, number, number],
): PruningResult['adapters'][number] => ({
  label,
  coto,
  seed,
  unpruned: { accuracy: unpruned, loss: 1 },
  patterns: [
    { label: 'Every other layer', method: 'every-other-layer', parameters: {}, accuracy: everyOther, loss: 1 },
    { label: 'Low third', method: 'layer-third', parameters: { third: 'low' }, accuracy: low, loss: 1 },
  ],
  grids: [
    {
      method: 'magnitude',
      label: 'Magnitude',
      parameter: 'sparsity',
      parameters: {},
      axis: 'factor entries set to zero',
      percent: true,
      unchanged: 0,
      points: [{ value: 0.5, label: '50 % zeroed', kept: 10, total: 20, accuracy: half, loss: 1 }],
    },
  ],
});
export const pruningResult: PruningResult = {
  kind: 'pruning',
  examples: 100,
  adapters: [
    pruned('LoRA', false, 1, [0.7, 0.6, 0.5, 0.4]),
    pruned('LoRA', false, 2, [0.72, 0.62, 0.52, 0.42]),
    pruned('LoRA + CoTo', true, 1, [0.73, 0.7, 0.6, 0.5]),
    pruned('LoRA + CoTo', true, 2, [0.73, 0.7, 0.64, 0.5]),
  ],
};

export const mergingResult: MergingResult = {
  kind: 'merging',
  examples: 100,
  groups: [
    {
      label: 'LoRA',
      coto: false,
      alone: [
        { accuracy: 0.7, loss: 1 },
        { accuracy: 0.72, loss: 1 },
      ],
      merged: [
        { method: 'factor-average', accuracy: 0.65, loss: 1 },
        { method: 'ensemble', accuracy: 0.73, loss: 1 },
      ],
      placebos: [],
    },
    {
      label: 'LoRA + CoTo',
      coto: true,
      alone: [
        { accuracy: 0.73, loss: 1 },
        { accuracy: 0.73, loss: 1 },
      ],
      merged: [
        { method: 'factor-average', accuracy: 0.72, loss: 1 },
        { method: 'ensemble', accuracy: 0.74, loss: 1 },
      ],
      placebos: [],
    },
  ],
};
