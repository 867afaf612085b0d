import { type ModuleMergeMethod, sum } from '../merge-method.ts';
import { kMeansPlusPlus } from './k-means.ts';
import { seedParameter } from './parameters.ts';
import { mergeUnits, unitProducts } from './rank-units.ts';

/**
 * LoRA-LEGO: k-means over the rank units (row i of A joined to column i of B) of all adapters; a centroid is a unit of the
 * merge. Zhao et al. 2025, section 4. √scaling is folded into both halves, or units of different alphas would not be
 * comparable; the authors published no code, so that the norm of the reweighting is ours to choose.
 */
export const loraLego: ModuleMergeMethod = {
  declaration: {
    id: 'lora-lego',
    label: 'LoRA-LEGO',
    summary: 'Clusters the rank units of all adapters and takes the mean of each cluster as a unit of the merge.',
    paper: {
      title: 'Merging LoRAs like Playing LEGO: Pushing the Modularity of LoRA to Extremes Through Rank-Wise Clustering',
      url: 'https://arxiv.org/abs/2409.16167',
    },
    parameters: [
      {
        name: 'k',
        label: 'Rank of the merge',
        type: 'integer',
        default: null,
        nullable: true,
        minimum: 1,
        step: 1,
        empty: 'the mean rank of the adapters',
        help: 'Number of clusters. As many as there are units: nothing is merged, the units are side by side.',
      },
      {
        name: 'parameter_reweighting',
        label: 'Parameter reweighting',
        type: 'choice',
        default: '2',
        choices: [
          { value: '2', label: 'By the Euclidean norm' },
          { value: 'inf', label: 'By the largest entry' },
          { value: 'none', label: 'None' },
        ],
        help: "Scales each centroid to the mean norm of its cluster's units, since averaging shortens it.",
      },
      {
        name: 'output_reweighting',
        label: 'Output reweighting',
        type: 'boolean',
        default: true,
        help: "Multiplies B·A by √(r/k), r the adapters' mean rank, so that the outputs keep their variance.",
      },
      {
        name: 'features',
        label: 'Clustered by',
        type: 'choice',
        default: 'raw',
        choices: [
          { value: 'raw', label: 'The units as they are' },
          { value: 'halves-normalized', label: 'Each half divided by its norm' },
        ],
        help: 'Which distances the clusters follow; the merge always averages the units as they are.',
      },
      {
        name: 'restarts',
        label: 'Restarts',
        type: 'integer',
        default: 10,
        minimum: 1,
        maximum: 1000,
        step: 1,
        help: 'Draws of the first centroids (k-means++); the clusters of smallest inertia are taken.',
        advanced: true,
      },
      seedParameter,
    ],
  },
  makes: 'adapter',
  needs: {
    equalRanks: false,
    equalTargets: false,
    negativeWeights: false,
    normalized: () => true,
    changesSingle: true,
  },
  mergeModule(updates, weights, parameters, { random }) {
    const ranks = sum(updates.map(({ rank }) => rank));
    const meanRank = ranks / updates.length;
    const k = Math.min(ranks, Number(parameters['k'] ?? Math.round(meanRank)));
    const products = unitProducts(updates, parameters['features'] === 'halves-normalized');
    const { labels } = kMeansPlusPlus(products, k, Number(parameters['restarts']), random('clusters'));
    const reweighting = String(parameters['parameter_reweighting']);
    const { a, b } = mergeUnits(updates, weights, labels, k, reweighting);
    return { a, b, rank: k, scaling: parameters['output_reweighting'] === true ? Math.sqrt(meanRank / k) : 1 };
  },
};
