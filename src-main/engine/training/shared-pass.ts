import * as tf from '@tensorflow/tfjs-core';
import { toErrorValue } from '../../../src-shared/contract/errors.ts';
import type { AdaptedModel } from '../adapters/model/adapted-model.ts';
import { StackedModel } from '../adapters/stacked/stacked-model.ts';
import { deviceInputs } from '../losses/batch-inputs.ts';
import type { MicroBatch } from '../losses/batch-loss.ts';
import type { BaseModel, HiddenStates } from '../models/base-model.ts';
import { toStudioError } from '../to-studio-error.ts';
import { passGradients } from './loss-gradients.ts';
import { haveSameInputs, joinInputs, padTogether, rowsIn } from './stack-batches.ts';
import type { StateKeeping } from './state-keeping.ts';
import {
  addPass,
  disposeSums,
  emptySums,
  type GradientRequest,
  type GradientSource,
  type GradientSums,
  labelCount,
  type StepGradients,
  sharedLoss,
  taken,
  variablesOf,
} from './step-gradients.ts';

/** A run's place in a shared pass. */
export interface SharedPassPlace {
  /** Gradients of `model`, computed with those of the other places. */
  sourceFor(model: AdaptedModel): GradientSource;
  /** The others then no longer wait for it. */
  leave(): void;
}

interface Waiting {
  readonly model: AdaptedModel;
  readonly request: GradientRequest;
  readonly since: number;
  readonly answer: PromiseWithResolvers<StepGradients>;
}

interface Member {
  waiting: Waiting | null;
}

/** A run's batch in a pass, with what the pass adds to. */
interface Load {
  readonly model: AdaptedModel;
  readonly batch: MicroBatch;
  readonly labels: number;
  readonly sums: GradientSums;
}

/**
 * Steps of several runs on one base in one forward and backward pass (runs trained together): each run asks for its own
 * gradients, and all are computed as soon as every run whose place is not left has asked. The gradient of the sum of the runs'
 * losses is, for a variable of one run, that of its own loss alone; rows of different runs meet in no operation, so that values
 * that are not finite stay with their run.
 */
export class SharedPass {
  private readonly stack: StackedModel;
  private readonly members = new Set<Member>();
  private readonly keeping: StateKeeping;
  private readonly onSmaller: (runs: number) => void;
  /** Runs in one pass, at most. */
  private width = Number.POSITIVE_INFINITY;

  /** @param onSmaller called where memory is short, with the number of runs that a pass has from then on. */
  constructor(base: BaseModel, keeping: StateKeeping = {}, onSmaller: (runs: number) => void = () => undefined) {
    this.stack = new StackedModel(base);
    this.keeping = keeping;
    this.onSmaller = onSmaller;
  }

  /** A place for one more run; taken before the first run asks. */
  place(): SharedPassPlace {
    const member: Member = { waiting: null };
    this.members.add(member);
    const leave = () => {
      if (this.members.delete(member)) void this.runIfComplete();
    };
    return {
      leave,
      sourceFor: (model) => ({
        end: leave,
        gradients: (request) => {
          const answer = Promise.withResolvers<StepGradients>();
          member.waiting = { model, request, since: performance.now(), answer };
          void this.runIfComplete();
          return answer.promise;
        },
      }),
    };
  }

  private async runIfComplete(): Promise<void> {
    const asked = [...this.members].flatMap((member) => (member.waiting ? [{ member, ...member.waiting }] : []));
    if (asked.length === 0 || asked.length < this.members.size) return;
    for (const { member } of asked) member.waiting = null;
    const started = performance.now();
    const runs = asked.map(({ model, request }) => ({ model, request, sums: emptySums(request) }));
    try {
      const passes = Math.max(...runs.map(({ request }) => request.batches.length));
      for (let at = 0; at < passes; at++) await this.runWithin(runs.flatMap((run) => loadOf(run, at)));
      const made: Awaited<ReturnType<typeof taken>>[] = [];
      for (const { sums } of runs) made.push(await taken(sums));
      asked.forEach(({ answer, since }, index) => {
        const sums = made[index];
        if (sums === undefined) return;
        answer.resolve({ ...sums, waited: started - since, runs: asked.length });
      });
    } catch (thrown) {
      for (const { sums } of runs) disposeSums(sums);
      for (const { answer } of asked) answer.reject(thrown);
    }
  }

  /** One micro-batch of each run; where memory is short, of fewer runs at a time, from then on. */
  private async runWithin(loads: readonly Load[]): Promise<void> {
    for (let start = 0; start < loads.length; ) {
      const some = loads.slice(start, start + this.width);
      const dropout = some.map(({ model }) => model.dropoutState());
      try {
        await this.run(some);
        start += some.length;
      } catch (thrown) {
        if (toErrorValue(toStudioError(thrown)).code !== 'out_of_memory' || some.length === 1) throw thrown;
        some.forEach(({ model }, index) => {
          model.dropout.rewind(dropout[index] ?? null);
        });
        this.width = Math.ceil(some.length / 2);
        this.onSmaller(this.width);
      }
    }
  }

  /** One micro-batch of each run. */
  private async run(loads: readonly Load[]): Promise<void> {
    const batches = padTogether(loads.map(({ batch }) => batch));
    const parts = loads.map(({ model }, index) => ({ model, examples: examplesOf(batches[index]) }));
    this.stack.setParts(parts, haveSameInputs(batches));
    const given = this.stack.takesInputsOnce ? batches.slice(0, 1) : batches;
    await addPass(
      loads.map(({ sums }) => sums),
      () => {
        const lossOf = new Map(
          loads.map(({ model, labels, sums }, index) => [
            model,
            sharedLoss(model, required(batches[index]), labels, sums.measures),
          ]),
        );
        return passGradients(
          this.keeping,
          this.stack,
          deviceInputs(joinInputs(given)),
          variablesOf(loads.map(({ sums }) => sums)),
          (states) => this.losses(states, parts, lossOf),
        );
      },
    );
  }

  /** The loss of each part [parts], in the order of `parts`. */
  private losses(
    states: HiddenStates,
    parts: readonly { readonly model: AdaptedModel }[],
    lossOf: ReadonlyMap<AdaptedModel, (states: HiddenStates) => tf.Scalar>,
  ): tf.Tensor1D {
    const values = new Map<AdaptedModel, tf.Tensor1D>();
    for (const { part, states: own } of this.stack.statesByPart(states)) {
      const loss = lossOf.get(part.model)?.(own);
      if (loss) values.set(part.model, tf.reshape<tf.Rank.R1>(loss, [1]));
    }
    const all = parts.flatMap(({ model }) => values.get(model) ?? []);
    return all.length === 1 && all[0] !== undefined ? all[0] : tf.concat1d(all);
  }
}

function loadOf(
  { model, request, sums }: { model: AdaptedModel; request: GradientRequest; sums: GradientSums },
  at: number,
): Load[] {
  const batch = request.batches[at];
  return batch === undefined ? [] : [{ model, batch, labels: labelCount(request.batches), sums }];
}

function examplesOf(batch: MicroBatch | undefined): number {
  return rowsIn(required(batch));
}

function required<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('a run of a shared pass has no batch');
  return value;
}
