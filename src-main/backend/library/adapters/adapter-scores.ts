import { z } from 'zod';
import type { AdapterRecord } from '../../../../src-shared/domain/adapters/adapter.ts';
import {
  type AdapterScore,
  evaluationRequestSchema,
  evaluationResultSchema,
  mergeMatrixSchema,
} from '../../../../src-shared/domain/evaluation/evaluation.ts';
import type { Services } from '../../services/services.ts';
import { datasetContent } from '../datasets/dataset-content.ts';
import { requireAdapter } from './adapters.ts';

type Parts = Pick<Services, 'store'>;

/**
 * Every score of an adapter on a test split that the studio has: of evaluations, of its run, of merges that it was an input
 * or the result of, and of studies. One for each dataset and number of examples, the newest dataset first.
 */
export async function adapterScores({ store }: Parts, id: string): Promise<AdapterScore[]> {
  const adapter = requireAdapter(store, id);
  const found = [
    ...evaluations(store, adapter),
    ...ownScore(store, adapter),
    ...mergeScores(store, adapter),
    ...(await studyScores(store, adapter)),
  ];
  const byPlace = new Map<string, AdapterScore>();
  for (const score of found) {
    const place = `${score.examples}/${score.datasetId}`;
    const before = byPlace.get(place);
    byPlace.set(place, before === undefined ? score : completed(before, score));
  }
  return [...byPlace.values()].sort((one, other) => other.at - one.at);
}

/** A score with what only another of the same place has. */
function completed(score: AdapterScore, other: AdapterScore): AdapterScore {
  return {
    ...score,
    loss: score.loss ?? other.loss,
    metrics: { ...other.metrics, ...score.metrics },
    forgetting: score.forgetting ?? other.forgetting,
  };
}

const evaluated = z.object({ request: evaluationRequestSchema });

function evaluations(store: Services['store'], { id, origin }: AdapterRecord): AdapterScore[] {
  const own = new Set([
    id,
    ...(origin.kind === 'run' && store.runs.find(origin.runId)?.adapterId === id ? [origin.runId] : []),
  ]);
  return store.jobs.resultsNaming('evaluate', [...own]).flatMap(({ payload, result, at }) => {
    const asked = evaluated.safeParse(payload);
    const answer = evaluationResultSchema.safeParse(result);
    if (!asked.success || !answer.success) return [];
    const { adapters, dataset, settings } = asked.data.request;
    const [only] = adapters;
    // An ensemble, another strength or other settings are not the adapter as it is.
    if (only === undefined || adapters.length > 1 || only.weight !== 1 || Object.keys(settings).length > 0) return [];
    if (!own.has('adapterId' in only.adapter ? only.adapter.adapterId : only.adapter.runId)) return [];
    const { accuracy, loss, metrics, examples, forgetting } = answer.data;
    const datasetId = store.datasets.find(dataset)?.id;
    if (datasetId === undefined) return [];
    return [{ datasetId, source: 'evaluation' as const, accuracy, loss, metrics, examples, forgetting, at }];
  });
}

/** The score that its record has: of the run that trained it. */
function ownScore(store: Services['store'], adapter: AdapterRecord): AdapterScore[] {
  const { origin, datasetId, accuracy, metrics, createdAt } = adapter;
  if (origin.kind !== 'run' || datasetId === null) return [];
  if (accuracy === null && Object.keys(metrics).length === 0) return [];
  const run = store.runs.find(origin.runId);
  const isResult = run?.adapterId === adapter.id;
  return [
    {
      datasetId,
      source: 'run',
      accuracy,
      loss: isResult ? (run.result?.evalLoss ?? null) : null,
      metrics,
      examples: run?.facts?.evalExamples ?? null,
      forgetting: isResult ? (run.result?.forgetting ?? null) : null,
      at: createdAt,
    },
  ];
}

const merged = z.object({ matrix: mergeMatrixSchema });

function mergeScores(store: Services['store'], { id }: AdapterRecord): AdapterScore[] {
  return store.jobs.resultsNaming('merge', [id]).flatMap(({ result, at }) => {
    const parsed = merged.safeParse(result);
    if (!parsed.success) return [];
    const { columns, rows, evalSamples } = parsed.data.matrix;
    const place = columns.findIndex(({ adapterId, kind }) => adapterId === id && (kind === 'own' || kind === 'merged'));
    if (place < 0) return [];
    return rows.flatMap(({ datasetId, accuracies }) => {
      const accuracy = accuracies[place] ?? null;
      if (accuracy === null) return [];
      const all = testExamples(store, datasetId);
      const examples =
        evalSamples === null || all === null ? null : evalSamples === 0 ? all : Math.min(all, evalSamples);
      const forgetting = columns[place]?.forgetting ?? null;
      return [{ datasetId, source: 'merge' as const, accuracy, loss: null, metrics: {}, examples, forgetting, at }];
    });
  });
}

function testExamples(store: Services['store'], datasetId: string): number | null {
  const { splits = [] } = store.datasets.find(datasetId)?.description ?? {};
  return splits.find(({ name }) => name === 'test')?.exampleCount ?? null;
}

const scoredContent = z.object({ dataset: z.string() });

/** Scores are kept by content, that of the dataset too. */
async function studyScores(store: Services['store'], { sha256 }: AdapterRecord): Promise<AdapterScore[]> {
  const rows = store.contents.scoresOfTensors(sha256);
  const wanted = new Set(rows.flatMap(({ content }) => scoredContent.safeParse(content).data?.dataset ?? []));
  const byContent = new Map<string, string>();
  for (const dataset of store.datasets.list()) {
    if (byContent.size === wanted.size) break;
    // A dataset whose files are gone is none that can be recognized.
    const content = await datasetContent(dataset).catch(() => null);
    if (content && wanted.has(content)) byContent.set(content, dataset.id);
  }
  return rows.flatMap(({ content, score, at }) => {
    const datasetId = byContent.get(scoredContent.safeParse(content).data?.dataset ?? '');
    if (datasetId === undefined) return [];
    const { accuracy, loss, metrics, examples, forgetting = null } = score;
    return [{ datasetId, source: 'study' as const, accuracy, loss, metrics, examples, forgetting, at }];
  });
}
