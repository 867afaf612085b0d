import { rm } from 'node:fs/promises';
import { z } from 'zod';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import type { MergeMatrix } from '../../../src-shared/domain/evaluation/evaluation.ts';
import {
  type MergeInput,
  type MergeWeight,
  mergeInputSchema,
  placeboSchema,
  tuningSchema,
} from '../../../src-shared/domain/merging/merge.ts';
import { parameterValuesSchema } from '../../../src-shared/domain/parameters/parameter.ts';
import { accuracy as accuracyMetric } from '../../../src-shared/metrics/accuracy.ts';
import { scoreText } from '../../../src-shared/metrics/index.ts';
import { adapterVariant } from '../../engine/api/adapters.ts';
import { mergeMethod, placeboIds } from '../../engine/api/merging.ts';
import { computeFields } from '../jobs/compute-fields.ts';
import { defineJob } from '../jobs/define-job.ts';
import { forgettingField } from '../jobs/forgetting-field.ts';
import { baseOf } from '../library/adapters/adapter-base.ts';
import { listAdapter, newAdapterFolder, requireAdapter } from '../library/adapters/adapters.ts';
import { addForgetting } from '../library/adapters/model-card.ts';
import { taskSettingsFor } from '../library/adapters/task-settings.ts';
import { requireDataset } from '../library/datasets/datasets.ts';

/** Merges adapters, then scores each alone, the merge and the base on every dataset that one of them was trained on, and on further ones. */
export const mergeJob = defineJob({
  kind: 'merge',
  payload: z.object({
    name: z.string(),
    adapters: z.array(mergeInputSchema).min(1),
    method: z.string(),
    parameters: parameterValuesSchema,
    datasets: z.array(z.string()).default([]),
    eval_samples: z.number().int(),
    ...tuningSchema.shape,
    ...placeboSchema.shape,
  }),
  references: ({ adapters }) => adapters,
  async execute(payload, context, services) {
    const { home, store } = services;
    const adapters = payload.adapters.map(({ adapterId }) => requireAdapter(store, adapterId));
    const base = await baseOf(services, adapters);
    // Nothing is scored on a base that is not in the studio.
    const scored = base.model === null ? [] : adapters;
    const ownIds = [...new Set(scored.flatMap((adapter) => adapter.datasetId ?? []))];
    const datasetIds = base.model === null ? [] : [...new Set([...ownIds, ...payload.datasets])];
    const datasets = datasetIds.map((id) => requireDataset(store, id));
    const output = mergeMethod(payload.method).makes === 'adapter' ? newAdapterFolder(services) : null;
    // Placebos are made of updates B·A.
    const isLowRank = adapters.every(({ variant }) => adapterVariant(variant).product.lowRank !== null);
    const placebos = payload.placebos && output !== null && isLowRank ? placeboIds : [];
    try {
      const answer = await context.runEngine({
        kind: 'merge',
        ...computeFields(store),
        modelDirectory: base.model?.path ?? null,
        description: base.description,
        adapters: payload.adapters.map(({ weight }, index) => ({
          directory: home.absolute(adapters[index]?.folder ?? ''),
          weight,
          step: stepOf(adapters[index]),
          dataset: place(datasetIds, adapters[index]),
        })),
        method: payload.method,
        parameters: payload.parameters,
        outputDirectory: output?.directory ?? null,
        datasets: datasets.map((dataset) => ({
          ...dataset.source,
          settings: ownIds.includes(dataset.id)
            ? taskSettingsFor(
                store,
                adapters.filter((adapter) => adapter.datasetId === dataset.id),
              )
            : { ...taskSettingsFor(store, adapters), task: 'auto' },
        })),
        eval_samples: payload.eval_samples,
        tuning_samples: payload.tuning_samples,
        placebos: [...placebos],
        ...forgettingField(services),
      });
      const onlyDataset = ownIds.length === 1 ? datasets[0] : undefined;
      // Without labels it would be the accuracy of a language model's tokens.
      const hasLabels = (onlyDataset?.description.labels.length ?? 0) > 0;
      const forgetting = answer.forgetting[adapters.length] ?? null;
      if (output !== null) await addForgetting(output.directory, forgetting);
      const merged =
        output === null
          ? null
          : await listAdapter(
              services,
              output.id,
              {
                name: payload.name,
                base,
                origin: { kind: 'merge', method: payload.method, inputs: madeWith(payload.adapters, answer.weights) },
                datasetId: onlyDataset?.id ?? null,
                accuracy: hasLabels ? (answer.scores[0]?.[adapters.length] ?? null) : null,
              },
              { from: output.directory },
            );
      const matrix: MergeMatrix = {
        columns: matrixColumns(adapters, payload.name, merged?.id ?? null, placebos).map((column, index) => ({
          ...column,
          forgetting: answer.forgetting[index] ?? null,
        })),
        rows: datasets.map((dataset, index) => ({
          datasetId: dataset.id,
          datasetName: dataset.name,
          accuracies: answer.scores[index] ?? [],
        })),
        evalSamples: payload.eval_samples,
      };
      const notes = [...answer.notes, ...(payload.placebos && output !== null && !isLowRank ? [noPlacebos] : [])];
      return {
        status: 'completed',
        result: { adapterId: merged?.id ?? null, matrix, notes },
        message: [mergeMessage(matrix, adapters.length), ...notes].join(' '),
      };
    } catch (error) {
      if (output) await rm(output.directory, { recursive: true, force: true });
      throw error;
    }
  },
});

const noPlacebos = 'There are no placebos of these adapters, whose change of the weights is not B·A alone.';

/** The inputs with the weights that the merge was made with. */
function madeWith(inputs: readonly MergeInput[], weights: readonly MergeWeight[]): MergeInput[] {
  return inputs.map((input, index) => ({ ...input, weight: weights[index] ?? input.weight }));
}

/** The training step that an adapter is of; null where it is no checkpoint of a run. */
function stepOf(adapter: AdapterRecord | undefined): number | null {
  return adapter?.origin.kind === 'run' ? adapter.origin.step : null;
}

function place(datasetIds: readonly string[], adapter: AdapterRecord | undefined): number | null {
  const at = adapter?.datasetId ? datasetIds.indexOf(adapter.datasetId) : -1;
  return at < 0 ? null : at;
}

function matrixColumns(
  adapters: readonly AdapterRecord[],
  name: string,
  mergedId: string | null,
  placebos: readonly string[],
): Omit<MergeMatrix['columns'][number], 'forgetting'>[] {
  return [
    ...adapters.map((adapter) => ({ label: adapter.name, kind: 'own' as const, adapterId: adapter.id })),
    { label: name, kind: 'merged' as const, adapterId: mergedId },
    ...placebos.map((id) => ({
      label: mergeMethod(id).declaration.label,
      kind: 'placebo' as const,
      adapterId: null,
    })),
    { label: 'Base', kind: 'base' as const, adapterId: null },
  ];
}

function mergeMessage(matrix: MergeMatrix, mergedColumn: number): string {
  const scores = matrix.rows.flatMap((row) => {
    const accuracy = row.accuracies[mergedColumn];
    return accuracy === null || accuracy === undefined
      ? []
      : `${scoreText(accuracyMetric.id, accuracy)} on ${row.datasetName}`;
  });
  return scores.length === 0 ? 'Merged.' : `Merged: ${scores.join(', ')}.`;
}
