import { StudioError } from '../../../src-shared/contract/errors.ts';
import { leavesOf, type Score, type Subject } from '../../../src-shared/domain/plan.ts';
import { encodeOutcomes } from '../../../src-shared/results/outcomes.ts';
import type { AdapterState } from '../adapters/state.ts';
import { checkedParameters } from '../checked-parameters.ts';
import { mergeMethod } from '../merge/index.ts';
import type { MergeData } from '../merge/merge-data.ts';
import { type MergeWeight, weightAt } from '../merge/merge-method.ts';
import { mergeStates } from '../merge/merge-states.ts';
import type { MergeBase } from '../merge/run-merge.ts';
import { searchMerge } from '../merge/search-merge.ts';
import { looksAtData, tuningSeed } from '../merge/search-parameters.ts';
import { pruneMethod } from '../prune/index.ts';
import { type CalibrationSource, runPrune } from '../prune/run-prune.ts';
import { scorePredictions } from './score-outputs.ts';
import type { TaskOutputs } from './task-outputs.ts';
import { ensemblePredictions, outcomesOf, predictionsOf, type TaskPredictions } from './task-predictions.ts';

/** Dependencies of scoring: adapters by id, and the outputs of the base with an adapter. */
export interface ScoringBench {
  readonly base: MergeBase;
  readonly examples: number;
  /** Read once and cached. */
  adapter(adapterId: string): Promise<AdapterState>;
  /** @throws StudioError refused, naming the adapter, if its head is for other labels */
  requireFit(state: AdapterState, name: string): void;
  /** Examples for prunings that run the adapter. */
  readonly calibration?: CalibrationSource;
  /** Training examples for merges that look at data, or that a search tunes; the caller closes them. */
  readonly tuning?: (inputs: readonly TunedInput[], seed: number) => MergeData & { close(): Promise<void> };
  /** One pass over all examples. @throws StudioError cancelled */
  outputs(state: AdapterState, phase: string): Promise<TaskOutputs>;
}

/** An adapter of a merge that is tuned. */
export interface TunedInput {
  readonly state: AdapterState;
  readonly weight: MergeWeight;
}

interface Derived {
  readonly state: AdapterState;
  readonly kept: number | null;
  readonly total: number | null;
  readonly tuned?: Score['tuned'];
}

export interface NamedSubject {
  readonly title: string;
  readonly names: readonly string[];
  readonly subject: Subject;
}

/** Scores subjects on one base and one dataset. An ensemble reuses the outputs of its members that were scored here. */
export class SubjectScorer {
  private readonly bench: ScoringBench;
  private readonly said = new Map<string, TaskOutputs>();

  constructor(bench: ScoringBench) {
    this.bench = bench;
  }

  async score(named: NamedSubject): Promise<Score> {
    const { subject, title } = named;
    for (const [index, leaf] of leavesOf(subject).entries()) {
      const state = await this.derive(leaf);
      this.bench.requireFit(state.state, named.names[index] ?? `Adapter ${index + 1}`);
    }
    if (subject.kind === 'merge' && mergeMethod(subject.method).makes === 'outputs') {
      const members: TaskOutputs[] = [];
      for (const { subject: member } of subject.inputs) members.push(await this.outputs(member, title));
      const weights = subject.inputs.map(({ weight }) => weightAt(weight, null));
      return this.toScore(ensemblePredictions(members, weights), null, null);
    }
    const { state, kept, total, tuned } = await this.derive(subject);
    const outputs = await this.bench.outputs(state, title);
    // Unmodified adapters may be members of a later ensemble.
    if (subject.kind === 'adapter') this.said.set(JSON.stringify(subject), outputs);
    return { ...this.toScore(predictionsOf(outputs), kept, total), ...(tuned ? { tuned } : {}) };
  }

  private async outputs(subject: Subject, title: string): Promise<TaskOutputs> {
    const key = JSON.stringify(subject);
    const known = this.said.get(key);
    if (known) return known;
    const outputs = await this.bench.outputs((await this.derive(subject)).state, title);
    this.said.set(key, outputs);
    return outputs;
  }

  private async derive(subject: Subject): Promise<Derived> {
    switch (subject.kind) {
      case 'trained':
        throw new StudioError('internal', `The training "${subject.training}" was not resolved to an adapter.`);
      case 'adapter': {
        if (!('adapterId' in subject.adapter))
          throw new StudioError('internal', `The run ${subject.adapter.runId} was not resolved to an adapter.`);
        return { state: await this.bench.adapter(subject.adapter.adapterId), kept: null, total: null };
      }
      case 'merge':
        return this.merge(subject);
      case 'prune': {
        const { state } = await this.derive(subject.subject);
        const { method, parameters } = subject;
        return await runPrune(
          { method: pruneMethod(method), parameters, base: this.bench.base, data: this.bench.calibration ?? null },
          state,
        );
      }
    }
  }

  private async merge({
    method: id,
    inputs,
    parameters: given,
  }: Extract<Subject, { kind: 'merge' }>): Promise<Derived> {
    const method = mergeMethod(id);
    const states: AdapterState[] = [];
    for (const input of inputs) states.push((await this.derive(input.subject)).state);
    const weights = inputs.map(({ weight }) => weight);
    const parameters = checkedParameters(method.declaration, given);
    const request = { method, weights, parameters, base: this.bench.base };
    const alone = { kept: null, total: null };
    if (!looksAtData(method, parameters)) return { state: await mergeStates(request, states), ...alone };
    if (!this.bench.tuning)
      throw new StudioError(
        'refused',
        `${method.declaration.label} needs training examples, and there are none here.`,
        'Choose a method that needs no data, and no search.',
      );
    const seed = tuningSeed(parameters);
    const data = this.bench.tuning(
      states.map((state, index) => ({ state, weight: weights[index] ?? 0 })),
      seed,
    );
    try {
      const { weights: found, leftOut, tuned } = await searchMerge(request, states, data, async () => undefined);
      const state = await mergeStates({ ...request, data, weights: found, leftOut }, states);
      return { state, ...alone, tuned };
    } finally {
      await data.close();
    }
  }

  private toScore(predictions: TaskPredictions, kept: number | null, total: number | null): Score {
    const { accuracy, loss, metrics } = scorePredictions(predictions);
    const outcomes = encodeOutcomes(outcomesOf(predictions));
    return { accuracy, loss, metrics, examples: this.bench.examples, kept, total, outcomes };
  }
}

/** Number of evaluation passes for these subjects, in this order. */
export function passesOf(subjects: readonly Subject[]): number {
  const said = new Set<string>();
  let passes = 0;
  for (const subject of subjects) {
    const isEnsemble = subject.kind === 'merge' && mergeMethod(subject.method).makes === 'outputs';
    const asked = isEnsemble
      ? subject.inputs.map((input) => JSON.stringify(input.subject)).filter((key) => !said.has(key))
      : [JSON.stringify(subject)];
    passes += asked.length;
    if (isEnsemble || subject.kind === 'adapter') for (const key of asked) said.add(key);
  }
  return passes;
}
