import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { DatasetSource } from '../../../src-shared/domain/data/dataset.ts';
import type { RouteScore } from '../../../src-shared/domain/merging/route.ts';
import { writesText } from '../../../src-shared/domain/models/model.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { checkedParameters } from '../../../src-shared/domain/parameters/parameter-check.ts';
import type { TaskSettings } from '../../../src-shared/domain/runs/task.ts';
import type { ExampleOutcomes } from '../../../src-shared/results/outcomes.ts';
import { AdaptedModel } from '../adapters/model/adapted-model.ts';
import type { AdapterReader } from '../adapters/peft/adapter-reader.ts';
import type { AdapterState } from '../adapters/variant/state.ts';
import { AdapterEvaluator } from '../evaluation/adapter-evaluator.ts';
import { EvaluationProgress } from '../evaluation/evaluation-progress.ts';
import { rankingSteps } from '../evaluation/ranking-steps.ts';
import { TuningExamples } from '../evaluation/tuning-examples.ts';
import type { TaskContext } from '../events.ts';
import { headDifference } from '../merge/checks/head-difference.ts';
import { meanHead, plainBase, withHead, withoutHead } from '../merge/run/task-heads.ts';
import type { BaseModel } from '../models/base-model.ts';
import { outcomesOf, predictionsOf, scoreOutputs, type TaskOutputs } from '../outcomes/index.ts';
import { checkRouting } from './checks.ts';
import { routerOf } from './index.ts';
import { type ModelGate, RoutedModel } from './routed-model.ts';
import type { Gate, Router, RouterMaterial, RowStates } from './router.ts';
import { type FittingRows, scoresOnRows, statesOfRows } from './router-material.ts';

export interface RouteRequest {
  readonly modelDirectory: string;
  readonly adapters: readonly {
    readonly directory: string;
    readonly name: string;
    /** Index of its dataset; null: none that is known. */
    readonly dataset: number | null;
  }[];
  /** Each with its name. All are scored, and those of the adapters also give the training rows. */
  readonly datasets: readonly (DatasetSource & { readonly settings: TaskSettings; readonly name: string })[];
  /** Indices of the datasets to score. */
  readonly scored: readonly number[];
  readonly routers: readonly { readonly id: string; readonly parameters: ParameterValues }[];
  /** Test examples of each dataset; 0: all. */
  readonly eval_samples: number;
  /** Training rows of each adapter's dataset that routers are fitted to. */
  readonly tuning_samples: number;
}

/** One dataset with its test examples and the head of its task. */
interface ScoredTask {
  readonly evaluator: AdapterEvaluator;
  /** Null: the base's own head. */
  readonly head: AdapterState | null;
  readonly name: string;
}

interface PlannedRouter {
  readonly router: Router;
  readonly parameters: ParameterValues;
}

/**
 * Scores routers among the adapters of one base on the test split of every scored dataset, each with the head of that
 * dataset's task: scores[router][dataset].
 * @throws StudioError refused or invalid_input before anything runs where a router does not go with the adapters
 */
export async function runRoute(
  request: RouteRequest,
  { base, reader }: { readonly base: BaseModel; readonly reader: AdapterReader },
  context: TaskContext,
): Promise<RouteScore[][]> {
  const planned = request.routers.map(({ id, parameters }) => {
    const router = routerOf(id);
    return { router, parameters: checkedParameters(router.declaration, parameters) };
  });
  await checkAll(request, planned, { base, reader });
  const states: AdapterState[] = [];
  for (const { directory } of request.adapters) states.push(await reader.read(directory));
  const tasks: ScoredTask[] = [];
  try {
    for (const index of request.scored) tasks.push(await openScored(request, index, { base, states }, context));
    for (const task of tasks) for (const { router } of planned) checkTask(router, task);
    return await scoreAll(request, planned, { base, states, tasks }, context);
  } finally {
    for (const { evaluator } of tasks) evaluator.close();
  }
}

async function checkAll(
  { adapters }: RouteRequest,
  planned: readonly PlannedRouter[],
  { base, reader }: { readonly base: BaseModel; readonly reader: AdapterReader },
): Promise<void> {
  const inputs = [];
  for (const { directory, name } of adapters) inputs.push({ ...(await reader.outline(directory)), name });
  for (const { router, parameters } of planned) checkRouting(router, parameters, inputs, base.description);
  if (base.mixesExamples)
    throw new StudioError(
      'refused',
      `A ${base.description.family} model mixes the examples of a batch, so that no input has an adapter of its own.`,
      'Merge the adapters instead.',
    );
}

async function openScored(
  request: RouteRequest,
  index: number,
  { base, states }: { readonly base: BaseModel; readonly states: readonly AdapterState[] },
  context: TaskContext,
): Promise<ScoredTask> {
  const { modelDirectory, datasets, eval_samples: samples } = request;
  const source = datasets[index];
  if (source === undefined) throw new Error(`there is no dataset ${index}`);
  const evaluator = await AdapterEvaluator.open(
    base,
    { modelDirectory, source, settings: source.settings, samples },
    context,
  );
  const head = headFor(request, index, states, evaluator);
  if (head !== null || evaluator.fits(null)) return { evaluator, head, name: source.name };
  evaluator.close();
  throw new StudioError(
    'refused',
    `None of the adapters has a task head for the labels of "${source.name}".`,
    'Score on the datasets that the adapters were trained on.',
  ).at('dataset');
}

/** The head of a dataset's task: the mean of those of its adapters; null where none saves one that fits. */
function headFor(
  { adapters }: RouteRequest,
  index: number,
  states: readonly AdapterState[],
  evaluator: AdapterEvaluator,
): AdapterState | null {
  const fitting = states.filter((state) => state.saved.size > 0 && evaluator.fits(state));
  const own = fitting.filter((state) => adapters[states.indexOf(state)]?.dataset === index);
  const chosen = own.length > 0 ? own : fitting;
  const [first] = chosen;
  if (first === undefined || headDifference(chosen) !== null) return null;
  const saved = meanHead(
    chosen,
    chosen.map(() => 1),
  );
  return { ...first, saved };
}

/** @throws StudioError refused where a router cannot read the examples of the task */
function checkTask({ declaration, needs: { reads } }: Router, { evaluator, name }: ScoredTask): void {
  if (reads === undefined) return;
  const { type, train } = evaluator.task;
  const isLanguage = writesText(evaluator.description) && evaluator.task.labels === null;
  if (isLanguage && !type.hasPrompts)
    throw new StudioError(
      'refused',
      `${declaration.label} would read the answers of "${name}", which the task ${type.declaration.label} scores inside the inputs.`,
      'Choose arrow or a router that reads no inputs.',
    ).at('router');
  if (reads === 'prompt' && !isLanguage)
    throw new StudioError(
      'refused',
      `${declaration.label} compares the likelihoods of prompts, and "${name}" has none: the base writes no text.`,
      'Choose entropy, or another router.',
    ).at('router');
  if (reads === 'predictions' && !isLanguage && train.classes === null)
    throw new StudioError(
      'refused',
      `${declaration.label} compares predicted classes, and the examples of "${name}" have no class each.`,
      'Choose a router that reads the inputs.',
    ).at('router');
}

interface OpenedRoute {
  readonly base: BaseModel;
  readonly states: readonly AdapterState[];
  readonly tasks: readonly ScoredTask[];
}

async function scoreAll(
  request: RouteRequest,
  planned: readonly PlannedRouter[],
  opened: OpenedRoute,
  context: TaskContext,
): Promise<RouteScore[][]> {
  const gates: Gate[] = [];
  try {
    gates.push(...(await openGates(request, planned, opened, context)));
    const scores: RouteScore[][] = planned.map(() => []);
    const passes = opened.tasks.flatMap(({ evaluator: { examples } }) =>
      gates.flatMap(({ kind }) => (kind === 'hindsight' ? opened.states.map(() => examples) : [examples])),
    );
    const progress = new EvaluationProgress(context, passes);
    for (const task of opened.tasks) {
      const members = headedMembers(opened, task);
      try {
        for (const [at, gate] of gates.entries()) {
          progress.announce(`Routing by ${planned[at]?.router.declaration.label} on ${task.name}`);
          scores[at]?.push(
            gate.kind === 'hindsight'
              ? await scoreHindsight(gate, members, { task, progress }, context)
              : await scoreGate(gate, members, { task, progress, base: opened.base }, context),
          );
        }
      } finally {
        for (const member of members) member.dispose();
      }
    }
    return scores;
  } finally {
    for (const gate of gates) if (gate.kind === 'tokens') gate.dispose();
  }
}

function headedMembers({ base, states }: OpenedRoute, { head, evaluator }: ScoredTask): AdaptedModel[] {
  return states.map((state) => {
    const model = new AdaptedModel(base);
    model.loadState(head === null ? state : withHead(state, head, evaluator.description));
    return model;
  });
}

interface ScoredPass {
  readonly task: ScoredTask;
  readonly progress: EvaluationProgress;
}

async function scoreGate(
  gate: ModelGate,
  members: readonly AdaptedModel[],
  { task: { evaluator, head }, progress, base }: ScoredPass & { readonly base: BaseModel },
  context: TaskContext,
): Promise<RouteScore> {
  const own = head && withHead(plainBase(), head, evaluator.description);
  const model = new RoutedModel(base, members, gate, own);
  try {
    const startedAt = performance.now();
    const outputs = await evaluator.outputsWith(model, progress, context);
    const seconds = (performance.now() - startedAt) / 1000 / evaluator.examples;
    const { accuracy, loss } = await scoreOutputs(outputs, rankingSteps(context));
    return { accuracy, loss, secondsPerExample: seconds, shares: await model.shares.take() };
  } finally {
    model.dispose();
  }
}

async function scoreHindsight(
  gate: Extract<Gate, { readonly kind: 'hindsight' }>,
  members: readonly AdaptedModel[],
  { task: { evaluator }, progress }: ScoredPass,
  context: TaskContext,
): Promise<RouteScore> {
  const startedAt = performance.now();
  const alone: ExampleOutcomes[] = [];
  for (const member of members) {
    const outputs: TaskOutputs = await evaluator.outputsWith(member, progress, context);
    alone.push(outcomesOf(await predictionsOf(outputs, rankingSteps(context))));
  }
  const seconds = (performance.now() - startedAt) / 1000 / evaluator.examples;
  const chosen = gate.choose(alone);
  return { ...meanOutcome(alone, chosen), secondsPerExample: seconds, shares: sharesOf(chosen, members.length) };
}

function sharesOf(chosen: Int32Array, count: number): number[] {
  return Array.from({ length: count }, (_, adapter) => {
    const own = chosen.reduce((sum, one) => sum + (one === adapter ? 1 : 0), 0);
    return own / chosen.length;
  });
}

/** Accuracy and loss of the chosen adapter's outcomes: means over examples, or over tokens. */
function meanOutcome(alone: readonly ExampleOutcomes[], chosen: Int32Array): Pick<RouteScore, 'accuracy' | 'loss'> {
  let [loss, right, counted] = [0, 0, 0];
  for (const [example, adapter] of chosen.entries()) {
    const own = alone[adapter];
    const tokens = own?.tokens?.counted[example] ?? 1;
    counted += tokens;
    loss += tokens * (own?.losses[example] ?? Number.NaN);
    right += own?.tokens?.right[example] ?? own?.correct?.[example] ?? Number.NaN;
  }
  return { accuracy: Number.isNaN(right) ? null : right / counted, loss: loss / counted };
}

/** Gates in the order of the routers. Training rows are read once for all of them, and only if a router needs them. */
async function openGates(
  request: RouteRequest,
  planned: readonly PlannedRouter[],
  opened: OpenedRoute,
  context: TaskContext,
): Promise<Gate[]> {
  const rows = planned.some(({ router }) => router.needs.rows) ? await openRows(request, opened, context) : [];
  try {
    let states: Promise<RowStates[]> | null = null;
    const material: Omit<RouterMaterial, 'parameters'> = {
      adapters: opened.states.map((state) => withoutHead(state, opened.base.description)),
      description: opened.base.description,
      states: () => {
        states ??= statesByAdapter(request, opened, rows);
        return states;
      },
      scores: () => scoresOnRows(opened.base, rows),
    };
    const gates: Gate[] = [];
    for (const { router, parameters } of planned) gates.push(await router.open({ ...material, parameters }));
    return gates;
  } finally {
    for (const { examples } of rows) examples.close();
  }
}

async function statesByAdapter(
  request: RouteRequest,
  { base }: OpenedRoute,
  rows: readonly FittingRows[],
): Promise<RowStates[]> {
  const byDataset: RowStates[] = [];
  for (const own of rows) byDataset.push(await statesOfRows(base, own));
  const order = fittingDatasets(request);
  return request.adapters.flatMap(({ dataset }) => byDataset[order.indexOf(dataset ?? -1)] ?? []);
}

function fittingDatasets({ adapters }: RouteRequest): number[] {
  return [...new Set(adapters.flatMap(({ dataset }) => dataset ?? []))];
}

/** @throws StudioError refused for an adapter without a dataset */
async function openRows(
  request: RouteRequest,
  { base, states, tasks }: OpenedRoute,
  context: TaskContext,
): Promise<FittingRows[]> {
  const without = request.adapters.find(({ dataset }) => dataset === null);
  if (without !== undefined)
    throw new StudioError('refused', `There are no training rows of "${without.name}".`, null).at('adapters');
  const { modelDirectory, tuning_samples: samples } = request;
  const opened: FittingRows[] = [];
  try {
    for (const index of fittingDatasets(request)) {
      const scored = tasks[request.scored.indexOf(index)];
      const { evaluator, head } =
        scored ?? (await openScored({ ...request, eval_samples: 1 }, index, { base, states }, context));
      const { hasPrompts = false } = evaluator.task.type;
      if (scored === undefined) evaluator.close();
      const source = request.datasets[index];
      if (source === undefined) throw new Error(`there is no dataset ${index}`);
      const examples = await TuningExamples.open({ modelDirectory, base, source, samples, seed: 0 }, context);
      const headed = states.map((state) => (head === null ? state : withHead(state, head, base.description)));
      opened.push({ examples, headed, hasPrompts });
    }
    return opened;
  } catch (error) {
    for (const { examples } of opened) examples.close();
    throw error;
  }
}
