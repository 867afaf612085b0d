import { StudioError, toErrorValue } from '../../../src-shared/contract/errors.ts';
import type { JobResult } from '../../../src-shared/domain/jobs/job.ts';
import type { EngineEvent, TrainTogetherTask } from '../../engine/api/jobs.ts';
import { computeFields } from '../jobs/compute-fields.ts';
import { forgettingField } from '../jobs/forgetting-field.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import type { JobMember, JobOutcome } from '../jobs/job-context.ts';
import { CurrentInputs } from './compare-inputs.ts';
import { latestCheckpoint } from './latest-checkpoint.ts';
import { runsThatFit, togetherKey } from './runs-together.ts';
import {
  type BegunTraining,
  beginTraining,
  finishTraining,
  keepEvent,
  requireRun,
  type TrainPayload,
} from './training-record.ts';

/** The payload of a training that others can join. */
interface SharedPayload extends TrainPayload {
  readonly together: string | null;
}

interface Member extends JobMember<SharedPayload> {
  readonly outcome: PromiseWithResolvers<JobOutcome<JobResult<'train'>>>;
  hasBegun: boolean;
  hasEnded: boolean;
}

/** The queued runs of the same group that can share a pass with `first`, as many as memory allows. */
export async function runsToTrainWith(
  first: SharedPayload,
  queued: readonly { readonly id: string; readonly payload: SharedPayload }[],
  services: HandlerServices,
): Promise<readonly string[]> {
  if (first.together === null) return [];
  const { store } = services;
  const run = requireRun(store, first.runId);
  const key = togetherKey(run);
  const others = queued.flatMap(({ id, payload }) => {
    const other = payload.together === first.together ? store.runs.find(payload.runId) : null;
    return other !== null && togetherKey(other) === key ? [{ id, run: other }] : [];
  });
  if (others.length === 0) return [];
  const fit = await runsThatFit(services, [run, ...others.map((other) => other.run)]);
  return others.slice(0, fit - 1).map(({ id }) => id);
}

/**
 * Trains the runs of several jobs in shared passes. If memory runs out, they continue in two groups, one after the
 * other.
 */
export function trainTogether(
  given: readonly JobMember<SharedPayload>[],
  services: HandlerServices,
): Promise<JobOutcome<JobResult<'train'>>>[] {
  const members = given.map<Member>((member) => ({
    ...member,
    outcome: Promise.withResolvers(),
    hasBegun: false,
    hasEnded: false,
  }));
  void trainInGroups(members, services);
  return members.map(({ outcome }) => outcome.promise);
}

async function trainInGroups(members: readonly Member[], services: HandlerServices): Promise<void> {
  const groups = [members];
  for (let group = groups.shift(); group !== undefined; group = groups.shift()) {
    const failure = await trainGroup(group, services);
    const left = group.filter(({ hasEnded }) => !hasEnded);
    if (left.length === 0) continue;
    const half = Math.ceil(left.length / 2);
    if (group.length > 1 && isOutOfMemory(failure)) groups.unshift(left.slice(0, half), left.slice(half));
    else for (const member of left) end(member, Promise.reject(failure));
  }
}

/** Returns the error of those runs that have not ended, or null. */
async function trainGroup(group: readonly Member[], services: HandlerServices): Promise<unknown> {
  const begun: { readonly member: Member; readonly training: BegunTraining }[] = [];
  const [leader] = group;
  if (leader === undefined) return null;
  const inputs = new CurrentInputs(services, leader.context);
  for (const member of group) {
    const training = await begin(member, services, inputs);
    if (training !== null) begun.push({ member, training });
  }
  const [first] = begun;
  if (first === undefined) return null;
  const { run, model, dataset } = first.training;
  let failure: unknown = null;
  const onEvent = (event: EngineEvent) => {
    if (event.kind !== 'run' && event.kind !== 'run-ended') return;
    const found = begun[event.run];
    if (found === undefined) throw new RangeError(`There is no run ${event.run} in this training.`);
    const { member, training } = found;
    if (event.kind === 'run') {
      if (event.event.kind === 'progress') member.context.progress(event.event.progress);
      keepEvent(services, training.run.id, event.event);
    } else if (!('error' in event.ending)) end(member, finishTraining(services, training.run, event.ending));
    else {
      const error = StudioError.fromValue(event.ending.error);
      // In a smaller group it may have enough.
      if (isOutOfMemory(error)) failure = error;
      else end(member, Promise.reject(error));
    }
  };
  const task: TrainTogetherTask = {
    kind: 'train-together',
    ...computeFields(services.store, run.config.compute_backend),
    ...forgettingField(services),
    modelDirectory: model.path,
    dataset: dataset.source,
    runs: begun.map(({ training }) => training.ofEngine),
  };
  const contexts = begun.map(({ member }) => member.context);
  try {
    await first.member.context.runEngine(task, onEvent, contexts);
  } catch (thrown) {
    failure = thrown;
  }
  return failure;
}

/** Null if it has ended by that. */
async function begin(member: Member, services: HandlerServices, inputs: CurrentInputs): Promise<BegunTraining | null> {
  const { payload, context } = member;
  try {
    context.abort.throwIfAborted();
    const latest = () => latestCheckpoint(services.home, requireRun(services.store, payload.runId))?.folder ?? null;
    const resumeFrom = member.hasBegun ? latest() : payload.resumeFrom;
    const training = await beginTraining(services, { ...payload, resumeFrom }, inputs.in(context));
    member.hasBegun = true;
    return training;
  } catch (thrown) {
    end(member, Promise.reject(thrown));
    return null;
  }
}

function end(member: Member, outcome: Promise<JobOutcome<JobResult<'train'>>>): void {
  member.hasEnded = true;
  member.outcome.resolve(outcome);
}

function isOutOfMemory(thrown: unknown): boolean {
  return toErrorValue(thrown).code === 'out_of_memory';
}
