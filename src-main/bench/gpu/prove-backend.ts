import { type ComputeId, computeLabels } from '../../../src-shared/domain/app/catalog.ts';
import type { Workload } from '../workload.ts';
import { GuardedWorker, PartError } from './guarded-worker.ts';
import { type GpuAnswer, type GpuRequest, gpuAnswers } from './protocol.ts';
import type { BackendProof, Conformance, Outcome, Trajectory } from './report.ts';
import { emptyStep, stepOf } from './steps.ts';
import { leftOut, type TimeBudget } from './time-budget.ts';
import type { TrajectoryId } from './trajectory-ids.ts';
import { workerCommand } from './worker-command.ts';

/** Parts of the proof of a backend in their order, with their shares of its time. */
const weights = { probe: 1, limits: 2, products: 2, conformance: 8, trajectory: 1, step: 3 };
/** Seconds without a sign of life on a processor that imitates a card, of which other programs may take most. */
const softwareSilence = 120;
/** Before the next request of a part: the last check of a slice may be a long one. */
const sliceShare = 0.25;

export interface ProofOptions {
  readonly quick: boolean;
  /** True if backends were named: then one that computes on the processor is proven too. */
  readonly isNamed: boolean;
  readonly shapes: readonly Workload[];
  readonly trajectories: readonly TrajectoryId[];
  readonly resources: string;
  /** Limit in seconds for the conformance suite, within its share of the time. */
  readonly conformanceSeconds?: number | undefined;
  /** For what the workloads make. */
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
  /** A process that computes on a backend. */
  readonly open?: typeof openWorker | undefined;
  /** Announces the current step; `seconds` remain at most for all steps. */
  report(text: string): void;
}

/** The weights of one backend's parts. */
export function proofWeight({ shapes, trajectories }: Pick<ProofOptions, 'shapes' | 'trajectories'>): number {
  const { probe, limits, products, conformance, trajectory, step } = weights;
  return probe + limits + products + conformance + trajectories.length * trajectory + shapes.length * step;
}

type Worker = Pick<GuardedWorker, 'ask' | 'close' | 'silence'>;

function openWorker(id: ComputeId, budget: TimeBudget, signal: AbortSignal | undefined): Worker {
  return new GuardedWorker(workerCommand(id), signal, undefined, () => budget.remaining);
}

export function unprovenBackend(id: ComputeId): BackendProof {
  return {
    id,
    label: computeLabels[id],
    available: false,
    reason: '',
    adapter: null,
    limits: null,
    products: null,
    conformance: null,
    trajectories: null,
    steps: [],
  };
}

/** Proves and measures one backend into `proof`, which is whole at every moment. Throws only where it is aborted. */
export async function proveBackend(
  proof: BackendProof,
  options: ProofOptions,
  budget: TimeBudget,
  keep: () => Promise<void>,
): Promise<void> {
  const worker = (options.open ?? openWorker)(proof.id, budget, options.signal);
  const { label } = proof;
  const { quick, shapes, trajectories, resources, folder } = options;
  try {
    options.report(`${label}: looking for a device`);
    const probe = await attempt(budget.take(weights.probe), (seconds) =>
      worker.ask({ do: 'probe' }, gpuAnswers.probe, seconds),
    );
    proof.available = probe.value?.available ?? false;
    proof.reason = probe.value?.reason ?? probe.reason;
    proof.adapter = probe.value?.adapter ?? null;
    if (proof.adapter?.kind === 'cpu' && !options.isNamed) {
      proof.available = false;
      proof.reason = `It computes on the processor here, and is proven only where --backends names it. ${proof.reason}`;
    }
    await keep();
    if (!proof.available) return budget.skip(proofWeight(options) - weights.probe);
    if (proof.adapter?.kind !== 'gpu') worker.silence = softwareSilence;
    const small = quick || proof.adapter?.kind !== 'gpu';

    if (proof.id === 'webgpu') {
      options.report(`${label}: what the card itself reaches`);
      const { value: found, ...rest } = await attempt(budget.take(weights.limits), (seconds) =>
        worker.ask({ do: 'limits', quick: small }, gpuAnswers.limits, seconds),
      );
      proof.limits = { ...rest, found };
      await keep();
    } else budget.skip(weights.limits);

    options.report(`${label}: products of the engine`);
    const { value: products, ...took } = await attempt(budget.take(weights.products), (seconds) =>
      worker.ask({ do: 'products', quick: small, limits: proof.limits?.found ?? null }, gpuAnswers.products, seconds),
    );
    proof.products = { ...took, found: products?.products ?? [] };
    await keep();

    options.report(`${label}: conformance`);
    const given = budget.take(weights.conformance);
    const most = options.conformanceSeconds ?? Number.POSITIVE_INFINITY;
    proof.conformance =
      given === null
        ? { outcome: 'skipped', reason: leftOut, seconds: 0, found: null }
        : await checkAll(worker, budget.now, Math.min(given, most), null, toldBy(label, options));
    await keep();

    proof.trajectories = { outcome: 'passed', reason: '', seconds: 0, found: [] };
    for (const id of trajectories) {
      options.report(`${label}: trains ${id} as native does`);
      const part = await attempt(budget.take(weights.trajectory), (seconds) =>
        worker.ask({ do: 'trajectory', id, resources, folder }, gpuAnswers.trajectory, seconds),
      );
      addTrajectory(proof.trajectories, id, part);
      await keep();
    }
    await worker.close();

    for (const shape of shapes) {
      options.report(`${label}: steps of ${shape.label}`);
      const seconds = budget.take(weights.step);
      const exchange = exchangeFile(folder, shape, small);
      const device = proof.adapter?.device ?? null;
      proof.steps.push(
        seconds === null
          ? { ...emptyStep(shape, small), reason: leftOut }
          : await stepOf({ worker, shape, small, resources, folder, exchange, seconds, device }),
      );
      // Its memory is the next one's.
      await worker.close();
      await keep();
    }
  } finally {
    await worker.close();
  }
}

/** The file from which PyTorch starts on a workload of either size. */
export function exchangeFile(folder: string, { id }: Pick<Workload, 'id'>, small: boolean): string {
  return `${folder}/gpu-${id}${small ? '-small' : ''}.safetensors`;
}

interface Attempt<Value> {
  readonly value: Value | null;
  readonly outcome: Outcome;
  readonly reason: string;
  readonly seconds: number;
}

/** A part in the seconds that it is given; null: it is left out. */
async function attempt<Value>(given: number | null, run: (seconds: number) => Promise<Value>): Promise<Attempt<Value>> {
  if (given === null) return { value: null, outcome: 'skipped', reason: leftOut, seconds: 0 };
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  try {
    return { value: await run(given), outcome: 'passed', reason: '', seconds: seconds() };
  } catch (thrown) {
    if (!(thrown instanceof PartError)) throw thrown;
    return { value: null, outcome: thrown.outcome, reason: thrown.message, seconds: seconds() };
  }
}

/** Goes on with a conformance suite whose share of the time was too short, in what all parts have left. */
export async function finishConformance(
  proof: BackendProof,
  options: ProofOptions,
  budget: TimeBudget,
  keep: () => Promise<void>,
): Promise<void> {
  const { conformance, adapter, label } = proof;
  if (conformance?.outcome !== 'unfinished' || options.conformanceSeconds !== undefined) return;
  const seconds = budget.take(weights.conformance);
  if (seconds === null) return;
  const worker = (options.open ?? openWorker)(proof.id, budget, options.signal);
  if (adapter?.kind !== 'gpu') worker.silence = softwareSilence;
  try {
    const rest = await checkAll(worker, budget.now, seconds, conformance.found, toldBy(label, options));
    proof.conformance = { ...rest, seconds: conformance.seconds + rest.seconds };
    await keep();
  } finally {
    await worker.close();
  }
}

type Told = (found: Conformance, left: number) => void;

function toldBy(label: string, { report }: Pick<ProofOptions, 'report'>): Told {
  return ({ checked, total, failures }, left) =>
    report(
      `${label}: conformance ${checked} of ${total}, ${failures.length} wrong, at most ${Math.max(0, Math.ceil(left))} s more`,
    );
}

/**
 * In slices, so that a program that hangs loses one of them, and what is found is told.
 * @param now of a clock, in seconds
 * @param before what was found of the suite's beginning
 */
async function checkAll(
  worker: Worker,
  now: () => number,
  seconds: number,
  before: Conformance | null,
  tell: Told,
): Promise<NonNullable<BackendProof['conformance']>> {
  const started = now();
  const left = () => seconds - (now() - started);
  let found = before;
  let from: number | null = before?.checked ?? 0;
  while (from !== null && (found === null || left() > 1)) {
    const request: GpuRequest = { do: 'conformance', from, seconds: Math.max(1, Math.min(10, left() * sliceShare)) };
    const part: Attempt<GpuAnswer<'conformance'>> = await attempt(Math.max(worker.silence ?? 0, left()), (longest) =>
      worker.ask(request, gpuAnswers.conformance, longest),
    );
    if (part.value === null) return { outcome: part.outcome, reason: part.reason, seconds: seconds - left(), found };
    const { next, ...slice } = part.value;
    found = found === null ? slice : joined(found, slice);
    from = next;
    tell(found, left());
  }
  const took = { seconds: seconds - left(), found };
  if (found !== null && found.failures.length > 0)
    return { ...took, outcome: 'failed', reason: `${found.failures.length} values are outside the tolerance.` };
  if (found === null || from !== null)
    return { ...took, outcome: 'unfinished', reason: `Time was over after ${found?.checked ?? 0} cases.` };
  return { ...took, outcome: 'passed', reason: '' };
}

function joined(one: Conformance, other: Conformance): Conformance {
  return {
    total: other.total,
    checked: one.checked + other.checked,
    passed: one.passed + other.passed,
    largestValueDifference: Math.max(one.largestValueDifference, other.largestValueDifference),
    largestGradientDifference: Math.max(one.largestGradientDifference, other.largestGradientDifference),
    failures: [...one.failures, ...other.failures],
  };
}

function addTrajectory(
  trajectories: NonNullable<BackendProof['trajectories']>,
  id: string,
  { value, outcome, reason, seconds }: Attempt<Trajectory>,
): void {
  trajectories.seconds += seconds;
  const isWrong = value !== null && !(value.difference !== null && value.difference <= value.tolerance);
  if (value !== null) trajectories.found.push(value);
  if (outcome === 'passed' && !isWrong) return;
  trajectories.outcome = outcome === 'passed' ? 'failed' : outcome;
  trajectories.reason = `${trajectories.reason} ${id}: ${reason || 'other losses than those of native.'}`.trim();
}
