import type { RunEvidence } from '../../../src-shared/diagnosis/finding.ts';
import { diagnose, diagnosedCurves } from '../../../src-shared/diagnosis/index.ts';
import type { DatasetRecord } from '../../../src-shared/domain/data/dataset.ts';
import type { ModelRecord } from '../../../src-shared/domain/models/model.ts';
import type { DiagnosedFinding } from '../../../src-shared/domain/runs/diagnosis.ts';
import type { RunConfig, RunRecord } from '../../../src-shared/domain/runs/run.ts';
import { defaultTask, taskSettingsSchema } from '../../../src-shared/domain/runs/task.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';

/** Above this many values a curve is folded, which keeps the shapes that findings look for. */
const maxValues = 2048;
/** Texts in which names of labels are looked for. */
const readTexts = 200;
/** Datasets whose examples are kept, so that a page that is open during a training reads them once. */
const keptReadings = 8;

type Texts = Pick<RunEvidence, 'examples' | 'lengths'>;
const readings = new WeakMap<HandlerServices, Map<string, Promise<Texts>>>();

/** Findings about a run, from its record and from the first examples of its dataset. */
export async function diagnoseRun(services: HandlerServices, run: RunRecord): Promise<DiagnosedFinding[]> {
  const { store } = services;
  const model = store.models.find(run.modelId);
  const dataset = store.datasets.find(run.datasetId);
  const { history, samples } = store;
  const metrics = history
    .metricNames(run.id)
    .filter((name) => diagnosedCurves.some((one) => (one.endsWith('/') ? name.startsWith(one) : name === one)));
  const range = { from: null, to: null, buckets: maxValues };
  return diagnose({
    run,
    task: taskOf(run.config, model, dataset),
    curves: new Map(metrics.map((metric) => [metric, history.curve(run.id, metric, range)])),
    masks: history.activationShares(run.id, maxValues),
    samples: samples.find(run.id),
    dataset: dataset?.description ?? null,
    ...(model && dataset ? await textsOf(services, run.config, model, dataset) : noTexts),
  });
}

const noTexts: Texts = { examples: [], lengths: null };

function taskOf({ task }: RunConfig, model: ModelRecord | null, dataset: DatasetRecord | null): RunEvidence['task'] {
  if (task !== 'auto') return task;
  return model && dataset ? defaultTask(model.description, dataset.description.text?.columns ?? null) : null;
}

/** The first examples and their token counts, read once. Data that can no longer be read are no finding. */
function textsOf(
  services: HandlerServices,
  config: RunConfig,
  model: ModelRecord,
  dataset: DatasetRecord,
): Promise<Texts> {
  if (dataset.description.text === null || model.description.text === null) return Promise.resolve(noTexts);
  const key = JSON.stringify([model.id, dataset.id, dataset.source, config.chat_template, countsTokens(config)]);
  const known = readings.get(services) ?? new Map<string, Promise<Texts>>();
  readings.set(services, known);
  const reading = known.get(key) ?? readTextsOf(services, config, model, dataset).catch(() => noTexts);
  known.delete(key);
  known.set(key, reading);
  for (const oldest of [...known.keys()].slice(0, -keptReadings)) known.delete(oldest);
  return reading;
}

async function readTextsOf(
  { reader }: HandlerServices,
  config: RunConfig,
  { name, path, description }: ModelRecord,
  { name: datasetName, source, description: { text } }: DatasetRecord,
): Promise<Texts> {
  const dataset = { name: datasetName, source };
  const part = { split: 'train', offset: 0, limit: readTexts, characters: 2000 } as const;
  const examples = await reader.read('texts', { ...part, dataset });
  if (text === null || !countsTokens(config)) return { examples, lengths: null };
  const { columns } = text;
  const { chat_template } = config;
  return {
    examples,
    lengths: await reader.read('lengths', { model: { name, path, description }, dataset, columns, chat_template }),
  };
}

/** Token counts are those of the default task and prompt. */
function countsTokens({ task, prompt_template }: RunConfig): boolean {
  return task === 'auto' && prompt_template === taskSettingsSchema.shape.prompt_template.parse(undefined);
}
