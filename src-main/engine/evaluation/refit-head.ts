import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { DatasetSource } from '../../../src-shared/domain/data/dataset.ts';
import { labelHead, type ModelDescription } from '../../../src-shared/domain/models/model.ts';
import type { TaskSettings } from '../../../src-shared/domain/runs/task.ts';
import type { RefitExamples } from '../../../src-shared/domain/studies/plan.ts';
import type { AdapterState } from '../adapters/variant/state.ts';
import type { EvaluationSplit } from '../data/held-out.ts';
import { sampledIndices } from '../data/subset.ts';
import type { TaskContext } from '../events.ts';
import { softmaxRegression } from '../linalg/softmax-regression.ts';
import type { MicroBatch } from '../losses/batch-loss.ts';
import type { BaseModel } from '../models/base-model.ts';
import { trainingExamples } from '../tasks/chosen-examples.ts';
import { openTask } from '../tasks/open-task.ts';
import type { OpenTask } from '../tasks/task-type.ts';
import { recordInputs } from './record-inputs.ts';

const batchSize = 32;
/** Examples that a head is fitted to at most, a sample of a larger training split. */
const maxExamples = 2000;

export interface RefitRequest {
  readonly modelDirectory: string;
  readonly source: DatasetSource;
  readonly settings: TaskSettings;
  /** Held-out examples that are scored, which the head must not see. */
  readonly split?: EvaluationSplit;
  readonly examples: RefitExamples;
}

/**
 * An adapter with the last linear layer of its task head fitted anew to what the adapter computes: multinomial logistic
 * regression on training examples. Everything else stays.
 * @throws StudioError refused for a base without a head for classes, or cancelled
 */
export async function refitHead(
  base: BaseModel,
  state: AdapterState,
  { examples, ...request }: RefitRequest,
  context: TaskContext,
): Promise<AdapterState> {
  const task = await openTask({ ...request, model: base.description, base, training: true }, context);
  try {
    const chosen = trainingExamples({ ...examples, data_seed: null }, task.train);
    return await withFittedHead(base, state, state, { task, chosen, seed: examples.seed }, context);
  } finally {
    task.close();
  }
}

/** Examples of an open task that a head is fitted to. */
interface FittedExamples {
  readonly task: Pick<OpenTask, 'train' | 'labels'>;
  readonly chosen: Int32Array;
  /** Draws a sample of many. */
  readonly seed: number;
}

/**
 * The adapter of a run before its first step, with a head that was fitted to the plain base.
 * @throws StudioError refused for a base without a head for classes, or cancelled
 */
export function withBaseProbe(
  base: BaseModel,
  state: AdapterState,
  examples: FittedExamples,
  context: TaskContext,
): Promise<AdapterState> {
  const plain = { ...state, modules: new Map(), biases: new Map() };
  return withFittedHead(base, state, plain, examples, context);
}

/** @param below what the head is fitted to: the adapter, or a part of it */
async function withFittedHead(
  base: BaseModel,
  state: AdapterState,
  below: AdapterState,
  { task, chosen: all, seed }: FittedExamples,
  context: TaskContext,
): Promise<AdapterState> {
  const head = labelHead(base.description);
  const { classes, load } = task.train;
  const labels = task.labels;
  if (head === undefined || classes === null || labels === null) throw withoutHead(base.description);
  const chosen = sampled(all, seed);
  const inputs = await recordInputs(base, below, batchesOf(chosen, load, context), {
    modules: new Set([head.name]),
    rowsPerBatch: Number.POSITIVE_INFINITY,
    seed,
  });
  const features = inputs.get(head.name);
  const [rows, width = 0] = features?.shape ?? [];
  if (rows !== chosen.length || !(features?.data instanceof Float32Array)) throw withoutHead(base.description);
  const ids = Int32Array.from(chosen, (index) => labels.indexOf(classes.names[classes.ids[index] ?? 0] ?? ''));
  const fitted = softmaxRegression({ features: features.data, width, labels: ids, classCount: labels.length });
  return withSavedHead(state, head.name, labels, {
    weight: { shape: [labels.length, width], data: Float32Array.from(fitted.weights) },
    bias: { shape: [labels.length], data: Float32Array.from(fitted.biases) },
  });
}

function sampled(chosen: Int32Array, seed: number): Int32Array {
  if (chosen.length <= maxExamples) return chosen;
  return sampledIndices(chosen.length, maxExamples, seed).map((at) => chosen[at] ?? 0);
}

async function* batchesOf(
  chosen: Int32Array,
  load: (indices: Int32Array) => Promise<MicroBatch>,
  context: TaskContext,
): AsyncIterable<MicroBatch> {
  for (let start = 0; start < chosen.length; start += batchSize) {
    if ((await context.signal()) !== null) throw new StudioError('cancelled', 'The job was cancelled.');
    yield await load(chosen.slice(start, start + batchSize));
  }
}

type SavedTensors = Readonly<Record<'weight' | 'bias', { shape: readonly number[]; data: Float32Array }>>;

/** The adapter with a saved last layer of its head, in place of a low-rank update of that layer. */
function withSavedHead(
  state: AdapterState,
  head: string,
  labels: readonly string[],
  { weight, bias }: SavedTensors,
): AdapterState {
  const modules = new Map([...state.modules].filter(([name]) => name !== head));
  const saved = new Map([...state.saved, [`${head}.weight`, weight], [`${head}.bias`, bias]]);
  const named = state.config.modules_to_save ?? [];
  const last = head.split('.').at(-1) ?? head;
  const isNamed = named.some((name) => head === name || head.endsWith(`.${name}`) || head.startsWith(`${name}.`));
  return {
    ...state,
    modules,
    saved,
    labels,
    config: { ...state.config, modules_to_save: isNamed ? named : [...named, last] },
  };
}

function withoutHead({ family }: Pick<ModelDescription, 'family'>): StudioError {
  return new StudioError(
    'refused',
    `The base (${family}) has no head for classes that could be refit on these data.`,
    'Leave out head, or choose a classifier of images or texts.',
  ).at('head');
}
