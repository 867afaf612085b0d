import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { Forgetting } from '../../../src-shared/domain/evaluation/forgetting.ts';
import { writesText } from '../../../src-shared/domain/models/model.ts';
import { checkedParameters } from '../../../src-shared/domain/parameters/parameter-check.ts';
import {
  leavesWithHeads,
  type MergeTuning,
  type RefitExamples,
  type Score,
  type Subject,
} from '../../../src-shared/domain/studies/plan.ts';
import { encodeOutcomes } from '../../../src-shared/results/outcomes.ts';
import type { EnsembleMember } from '../adapters/model/ensemble-model.ts';
import type { AdapterState } from '../adapters/variant/state.ts';
import { scaleAdapter } from '../adapters/weights/scale-adapter.ts';
import type { MergeData } from '../merge/merge-data.ts';
import { type MergeWeight, weightAt } from '../merge/merge-method.ts';
import { mergeMethod } from '../merge/methods/index.ts';
import { mergeStates } from '../merge/run/merge-states.ts';
import type { MergeBase } from '../merge/run/run-merge.ts';
import { plainBase, withHead, withoutHead } from '../merge/run/task-heads.ts';
import { searchMerge } from '../merge/search/search-merge.ts';
import { looksAtData, tuningSeed } from '../merge/search/search-parameters.ts';
import type { EvaluationSteps } from '../outcomes/evaluation-steps.ts';
import {
  ensemblePredictions,
  outcomesOf,
  predictionsOf,
  scorePredictions,
  type TaskOutputs,
  type TaskPredictions,
} from '../outcomes/index.ts';
import { pruneMethod } from '../prune/index.ts';
import { type CalibrationSource, runPrune } from '../prune/run-prune.ts';
import { bodyNorm, scaleBody } from './body-norm.ts';

/** The test examples of one dataset, on which adapters are scored. */
export interface ScoredDataset {
  readonly examples: number;
  /** @throws StudioError refused, naming the adapter, if its head is for other labels */
  requireFit(state: AdapterState, name: string): void;
  /** Examples for prunings that run the adapter. */
  readonly calibration?: CalibrationSource;
  /** Fits the head of an adapter anew on training examples of the dataset. @throws StudioError refused without a head, or cancelled */
  readonly refit?: (state: AdapterState, examples: RefitExamples) => Promise<AdapterState>;
  /** One pass over all examples. @throws StudioError cancelled */
  outputs(state: AdapterState, phase: string): Promise<TaskOutputs>;
  /** One pass of several adapters at once, which averages their next-token probabilities; absent: outputs are averaged. */
  readonly ensembleOutputs?: ((members: readonly EnsembleMember[], phase: string) => Promise<TaskOutputs>) | undefined;
}

/** Dependencies of scoring: adapters by id, and the outputs of the base with an adapter on each dataset. */
export interface ScoringBench {
  readonly base: MergeBase;
  /** Read once and cached. */
  adapter(adapterId: string): Promise<AdapterState>;
  readonly datasets: readonly ScoredDataset[];
  /** Steps of ranking vectors. */
  readonly ranking?: EvaluationSteps;
  /** Forgetting of an adapter, null where the base has no measure; absent: not measured. @throws StudioError cancelled */
  readonly forgetting?: (state: AdapterState) => Promise<Forgetting | null>;
  /** Training examples for merges that look at data, or that a search tunes; the caller closes them. */
  readonly tuning?: (request: TuningExamplesRequest) => MergeData & { close(): Promise<void> };
}

export interface TuningExamplesRequest {
  readonly inputs: readonly { readonly state: AdapterState; readonly weight: MergeWeight }[];
  readonly seed: number;
  /** The datasets by id; null: that at index `scored` for all inputs. */
  readonly tuning: MergeTuning | null;
  readonly scored: number;
  /** True if each input has the head of its own task. */
  readonly ownHeads: boolean;
}

interface Derived {
  readonly state: AdapterState;
  readonly kept: number | null;
  readonly total: number | null;
  readonly tuned?: Score['tuned'];
  readonly norms?: Score['norms'];
}

export interface NamedSubject {
  readonly title: string;
  readonly names: readonly string[];
  readonly subject: Subject;
  /** Index of the dataset to score on. */
  readonly dataset: number;
  /** Default: true. */
  readonly forgetting?: boolean | undefined;
}

/** Merges that are kept for their next dataset. */
const keptMerges = 4;

/**
 * Scores subjects on one base. An ensemble reuses the outputs of its members that were scored here, and a merge that is
 * scored on several datasets in a row is made once.
 */
export class SubjectScorer {
  private readonly bench: ScoringBench;
  private readonly memberOutputs = new Map<string, TaskOutputs>();
  private readonly merges = new Map<string, Derived>();
  private readonly forgotten = new Map<string, Forgetting | null>();
  private readonly norms = new Map<string, number>();

  constructor(bench: ScoringBench) {
    this.bench = bench;
  }

  /** The adapter that a subject is. @throws StudioError refused for a merge of outputs */
  async adapterOf(named: Omit<NamedSubject, 'title'>): Promise<AdapterState> {
    await this.requireFits(named);
    return (await this.derive(named.subject, named.dataset, false)).state;
  }

  async score(named: NamedSubject): Promise<Score> {
    const { score, state } = await this.scored(named);
    const { forgetting = true, subject, dataset } = named;
    if (!forgetting || this.bench.forgetting === undefined) return score;
    // No single adapter makes the outputs of an ensemble.
    return { ...score, forgetting: state && (await this.forgetting(state, subject, dataset, this.bench.forgetting)) };
  }

  /** @returns the score, and the adapter that it is of; null for an ensemble */
  private async scored({
    subject,
    title,
    names,
    dataset,
  }: NamedSubject): Promise<{ score: Score; state: AdapterState | null }> {
    const on = this.dataset(dataset);
    await this.requireFits({ subject, names, dataset });
    const ensemble = ensembleOf(subject);
    if (ensemble !== null) {
      return { score: this.toScore(await this.together(ensemble, title, dataset), on, null, null), state: null };
    }
    const { state, kept, total, tuned, norms } = await this.derive(subject, dataset, false);
    const outputs = await on.outputs(state, title);
    // Unmodified adapters may be members of a later ensemble.
    if (isMember(subject)) this.memberOutputs.set(outputsKey(subject, dataset), outputs);
    const score = {
      ...this.toScore(await predictionsOf(outputs, this.bench.ranking), on, kept, total),
      ...(tuned ? { tuned } : {}),
      ...(norms ? { norms } : {}),
    };
    return { score, state };
  }

  /** Predictions of an ensemble. */
  private async together(members: MergeSubject['inputs'], title: string, dataset: number): Promise<TaskPredictions> {
    const { ensembleOutputs } = this.dataset(dataset);
    const { ranking } = this.bench;
    const weights = members.map(({ weight }) => weightAt(weight, null));
    if (ensembleOutputs === undefined) {
      const outputs: TaskOutputs[] = [];
      for (const { subject } of members) outputs.push(await this.outputs(subject, title, dataset));
      return ensemblePredictions(outputs, weights, ranking);
    }
    const states = await this.inputStates(members, dataset, false);
    const together = states.map((state, at) => ({ state, weight: weights[at] ?? 0 }));
    return predictionsOf(await ensembleOutputs(together, title), ranking);
  }

  /** Measured once for a subject under several task heads, which do not count. */
  private async forgetting(
    state: AdapterState,
    subject: Subject,
    dataset: number,
    measure: NonNullable<ScoringBench['forgetting']>,
  ): Promise<Forgetting | null> {
    const body = subject.kind === 'withHead' || subject.kind === 'refit' ? subject.subject : subject;
    const key = JSON.stringify([body, isTunedOnScored(body) ? dataset : null]);
    const known = this.forgotten.get(key);
    if (known !== undefined) return known;
    const measured = await measure(state);
    this.forgotten.set(key, measured);
    return measured;
  }

  private async requireFits({ subject, names, dataset }: Omit<NamedSubject, 'title'>): Promise<void> {
    for (const [index, { leaf, head }] of leavesWithHeads(subject).entries()) {
      if (!head) continue;
      const { state } = await this.derive(leaf, dataset, false);
      this.dataset(dataset).requireFit(state, names[index] ?? `Adapter ${index + 1}`);
    }
  }

  private dataset(index: number): ScoredDataset {
    const dataset = this.bench.datasets[index];
    if (dataset === undefined) throw new StudioError('internal', `There is no dataset ${index} to score on.`);
    return dataset;
  }

  private async outputs(subject: Subject, title: string, dataset: number): Promise<TaskOutputs> {
    const key = outputsKey(subject, dataset);
    const known = this.memberOutputs.get(key);
    if (known) return known;
    const outputs = await this.dataset(dataset).outputs((await this.derive(subject, dataset, false)).state, title);
    this.memberOutputs.set(key, outputs);
    return outputs;
  }

  /** @param headless without the task heads of its adapters, which may then be of different tasks */
  private async derive(subject: Subject, dataset: number, headless: boolean): Promise<Derived> {
    const { description } = this.bench.base;
    const alone = { kept: null, total: null };
    switch (subject.kind) {
      case 'trained':
        throw new StudioError('internal', `The training "${subject.training}" was not resolved to an adapter.`);
      case 'base':
        return { state: plainBase(), ...alone };
      case 'adapter': {
        if (!('adapterId' in subject.adapter))
          throw new StudioError('internal', `The run ${subject.adapter.runId} was not resolved to an adapter.`);
        const state = await this.bench.adapter(subject.adapter.adapterId);
        return { state: headless ? withoutHead(state, description) : state, ...alone };
      }
      case 'withHead': {
        const headed = !writesText(description);
        const { state, ...rest } = await this.derive(subject.subject, dataset, headless || headed);
        if (headless) return { state, ...rest };
        const head = await this.derive(subject.head, dataset, false);
        return { state: withHead(state, head.state, description), ...rest };
      }
      case 'atNorm': {
        const { state, ...rest } = await this.derive(subject.subject, dataset, headless);
        const own = await this.normOf(subject.subject, dataset, headless, state);
        // No factor gives a ΔW of zeros another norm.
        if (own === 0) return { ...rest, state, norms: { own, target: 0 } };
        const target = await this.normOf(subject.of, dataset, headless);
        return { ...rest, state: scaleBody(state, target / own, description), norms: { own, target } };
      }
      case 'refit': {
        const { state, ...rest } = await this.derive(subject.subject, dataset, headless);
        const { refit } = this.dataset(dataset);
        if (headless || refit === undefined) return { state, ...rest };
        return { state: await refit(state, subject.examples), ...rest };
      }
      case 'merge': {
        // A merge is made once for all its values of λ.
        const { scale = 1, ...unscaled } = subject;
        const where = isTunedOnScored(unscaled) ? dataset : null;
        const key = JSON.stringify([unscaled, headless, where]);
        const made = this.merges.get(key) ?? (await this.merge(unscaled, dataset, headless));
        this.merges.delete(key);
        this.merges.set(key, made);
        for (const oldest of [...this.merges.keys()].slice(0, -keptMerges)) this.merges.delete(oldest);
        return { ...made, state: scaleAdapter(made.state, scale) };
      }
      case 'prune': {
        const { state } = await this.derive(subject.subject, dataset, headless);
        const { method, parameters } = subject;
        return await runPrune(
          {
            method: pruneMethod(method),
            parameters,
            base: this.bench.base,
            data: this.dataset(dataset).calibration ?? null,
          },
          state,
        );
      }
    }
  }

  /** `bodyNorm` of a subject, which is derived only if its norm is not known. */
  private async normOf(of: Subject, dataset: number, headless: boolean, derived?: AdapterState): Promise<number> {
    const key = JSON.stringify([of, isTunedOnScored(of) ? dataset : null]);
    const known = this.norms.get(key);
    if (known !== undefined) return known;
    const norm = await bodyNorm(derived ?? (await this.derive(of, dataset, headless)).state, this.bench.base);
    this.norms.set(key, norm);
    return norm;
  }

  private async merge(subject: MergeSubject, dataset: number, headless: boolean): Promise<Derived> {
    const { inputs, tuning = null } = subject;
    const method = mergeMethod(subject.method);
    const states = await this.inputStates(inputs, dataset, headless);
    const weights = inputs.map(({ weight }) => weight);
    const parameters = checkedParameters(method.declaration, subject.parameters);
    const request = { method, weights, parameters, base: this.bench.base };
    const alone = { kept: null, total: null };
    if (!looksAtData(method, parameters)) return { state: await mergeStates(request, states), ...alone };
    if (!this.bench.tuning || (headless && tuning === null))
      throw new StudioError(
        'refused',
        `${method.declaration.label} needs training examples, and there are none here.`,
        'Choose a method that needs no data, and no search.',
      );
    const headed = headless ? await this.inputStates(inputs, dataset, false) : states;
    const data = this.bench.tuning({
      inputs: headed.map((state, index) => ({ state, weight: weights[index] ?? 0 })),
      seed: tuningSeed(parameters),
      tuning,
      scored: dataset,
      ownHeads: headless,
    });
    try {
      const { weights: found, leftOut, tuned } = await searchMerge(request, states, data, async () => undefined);
      const state = await mergeStates({ ...request, data, weights: found, leftOut }, states);
      return { state, ...alone, tuned: tuned && { ...tuned, weights: [...found] } };
    } finally {
      await data.close();
    }
  }

  private async inputStates(
    inputs: MergeSubject['inputs'],
    dataset: number,
    headless: boolean,
  ): Promise<AdapterState[]> {
    const states: AdapterState[] = [];
    for (const input of inputs) states.push((await this.derive(input.subject, dataset, headless)).state);
    return states;
  }

  private toScore(
    predictions: TaskPredictions,
    { examples }: ScoredDataset,
    kept: number | null,
    total: number | null,
  ): Score {
    const { accuracy, loss, metrics } = scorePredictions(predictions);
    const outcomes = encodeOutcomes(outcomesOf(predictions));
    return { accuracy, loss, metrics, examples, kept, total, outcomes };
  }
}

type MergeSubject = Extract<Subject, { kind: 'merge' }>;

/** The members of a merge of outputs, each with the head that the ensemble has; null for anything else. */
function ensembleOf(subject: Subject): MergeSubject['inputs'] | null {
  if (subject.kind === 'withHead') {
    const { head } = subject;
    return (
      ensembleOf(subject.subject)?.map((input) => ({
        ...input,
        subject: { kind: 'withHead', subject: input.subject, head },
      })) ?? null
    );
  }
  return subject.kind === 'merge' && mergeMethod(subject.method).makes === 'outputs' ? subject.inputs : null;
}

/** An adapter, alone or with the head of another. */
function isMember(subject: Subject): boolean {
  return subject.kind === 'adapter' || (subject.kind === 'withHead' && subject.subject.kind === 'adapter');
}

function outputsKey(subject: Subject, dataset: number): string {
  return JSON.stringify([subject, dataset]);
}

/** Returns true if the derived adapter depends on the dataset that it is scored on. */
function isTunedOnScored(subject: Subject): boolean {
  switch (subject.kind) {
    case 'merge': {
      const { method, parameters, inputs, tuning } = subject;
      const looks = looksAtData(mergeMethod(method), parameters) && tuning === undefined;
      return looks || inputs.some((input) => isTunedOnScored(input.subject));
    }
    case 'prune':
      return true;
    case 'atNorm':
      return isTunedOnScored(subject.subject) || isTunedOnScored(subject.of);
    case 'refit':
    case 'withHead':
      return isTunedOnScored(subject.subject);
    default:
      return false;
  }
}

/**
 * The evaluation passes of these subjects in this order, each by the index of its dataset.
 * @param isJoint returns true for a dataset on which an ensemble is a pass of its own
 */
export function passesOf(
  subjects: readonly Pick<NamedSubject, 'subject' | 'dataset'>[],
  isJoint: (dataset: number) => boolean,
): number[] {
  const known = new Set<string>();
  const passes: number[] = [];
  for (const { subject, dataset } of subjects) {
    const ensemble = ensembleOf(subject);
    if (ensemble && isJoint(dataset)) {
      passes.push(dataset);
      continue;
    }
    const asked = ensemble
      ? ensemble.map((input) => outputsKey(input.subject, dataset)).filter((key) => !known.has(key))
      : [outputsKey(subject, dataset)];
    passes.push(...asked.map(() => dataset));
    if (ensemble || isMember(subject)) for (const key of asked) known.add(key);
  }
  return passes;
}
