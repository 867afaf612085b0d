import { z } from 'zod';
import { StudioError } from '../../src-shared/contract/errors.ts';
import type { ComputeChoice } from '../engine/api/compute.ts';
import { LineProcess, type RunnerCommand } from './line-process.ts';
import type { Patience } from './patience.ts';
import { programFile } from './program-file.ts';
import { type Precision, type RunnerAnswer, type RunnerRequest, runnerAnswers } from './protocol.ts';
import type { BenchPrecision } from './report.ts';

const failureSchema = z.object({ error: z.string() });

/** A runner's process, with one request at a time. */
class RunnerProcess extends LineProcess {
  /** Throws StudioError('internal') with the runner's own message if it failed or ended. */
  async ask<Kind extends RunnerRequest['do']>(
    request: RunnerRequest & { readonly do: Kind },
  ): Promise<RunnerAnswer<Kind>> {
    const answer = await this.exchange(request);
    const failed = failureSchema.safeParse(answer);
    if (failed.success) throw new StudioError('internal', failed.data.error);
    return runnerAnswers[request.do].parse(answer) as RunnerAnswer<Kind>;
  }
}

/** A loaded runner with one adapter, ready for the rounds of one workload. */
export interface Session {
  readonly contender: string;
  /** A peer: PyTorch. */
  readonly isPeer: boolean;
  readonly precision: BenchPrecision;
  /** An adapter variant's id. */
  readonly adapter: string;
  readonly configuration: string;
  readonly process: RunnerProcess;
  readonly losses: readonly number[];
  /** Duration of the last of the steps that gave the losses. */
  readonly stepMilliseconds: number;
}

/** An adapter on a workload, to be loaded in a precision with a number of threads. */
export type Problem = Omit<RunnerRequest & { do: 'load' }, 'do' | 'precision' | 'compiled' | 'threads' | 'writes'>;

/** A PyTorch installation that the bench may start. */
export interface PeerProgram {
  readonly python: string;
  readonly script: string;
}

/** Number of losses on which all runners must agree; they depend on the gradients and updates of earlier steps. */
const lossCount = 3;

/** Reasons to end a session early: the bench is interrupted, or the steps are hopelessly slow. */
export interface Ending {
  readonly signal?: AbortSignal | undefined;
  readonly patience: Patience;
}

/** Opens a session for one of our compute backends. Throws StudioError if it cannot do this, or is hopelessly slow. */
export async function openBackendSession(
  backend: ComputeChoice,
  precision: BenchPrecision,
  threads: number,
  problem: Problem,
  writes: boolean,
  ending: Ending,
): Promise<Session> {
  const program: RunnerCommand = {
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', programFile('bench'), backend],
    // Backends that can crash a process are loaded in a separate one, as here.
    environment: { OMP_WAIT_POLICY: 'passive', COTO_ENGINE_PROCESS: 'child' },
  };
  return opening(program, ending, async (child) => {
    const { device = backend } = await child.ask({
      do: 'load',
      precision,
      compiled: false,
      threads,
      writes,
      ...problem,
    });
    const steps = await firstSteps(child, `${backend} in ${precision}`, ending.patience);
    return {
      contender: backend,
      isPeer: false,
      precision,
      adapter: problem.adapter,
      configuration: device,
      process: child,
      ...steps,
    };
  });
}

interface PeerSetting {
  readonly threads: number;
  readonly waitPolicy: 'passive' | 'default';
}

/** A configuration of PyTorch and its step time in tuning. */
export interface ReferenceConfig {
  readonly precision: BenchPrecision;
  readonly setting: PeerSetting;
  readonly mode: Precision;
  readonly compiled: boolean;
  readonly milliseconds: number;
}

/** Configurations slower than the best by more than this factor are dropped. */
const nearlyBest = 1.1;
/** Step time in milliseconds from which one step is timed after the first, else three. */
const slowTrial = 500;

/** A precision for which PyTorch, or a way of it, gave nothing, and why. */
interface Refusal {
  readonly precision: BenchPrecision;
  readonly thrown: unknown;
}

/**
 * Tries every promising configuration of PyTorch (one thread and all, both wait policies, bfloat16 by autocast and
 * by a bfloat16 base; then the best of these compiled) and returns the fastest of each precision, or two if they are close, to
 * be decided by the rounds; of a large workload, whose every process takes gigabytes, one. One that is hopelessly slow beside
 * the best so far is given up after a step: what it said of a precision without another way is among `refusals`, and so is
 * why nothing could be compiled.
 */
export async function tunePyTorch(
  peer: PeerProgram,
  precisions: readonly BenchPrecision[],
  cores: number,
  problem: Problem,
  ending: Ending & { readonly isLarge?: boolean },
): Promise<{ ways: ReferenceConfig[]; refusals: Refusal[] }> {
  const modes = precisions.flatMap((precision) =>
    (precision === 'float32' ? ['float32' as const] : ['autocast' as const, 'bfloat16' as const]).map((mode) => ({
      precision,
      mode,
    })),
  );
  const isLarge = ending.isLarge === true;
  const tried: ReferenceConfig[] = [];
  const hopeless: Refusal[] = [];
  const uncompiled: Refusal[] = [];
  for (const setting of settingsFor(cores, problem, isLarge)) {
    const child = new RunnerProcess(peerCommand(peer, setting), ending.signal);
    try {
      for (const way of modes)
        try {
          tried.push(await tryWay(child, { ...way, setting, compiled: false }, problem, ending));
        } catch (thrown) {
          if (!(thrown instanceof StudioError) || thrown.code !== 'refused') throw thrown;
          hopeless.push({ precision: way.precision, thrown });
        }
    } finally {
      await child.close();
    }
  }
  // A reduced workload is not used for tuning.
  for (const best of problem.small ? [] : precisions.flatMap((precision) => fastest(tried, precision, 1))) {
    const child = new RunnerProcess(peerCommand(peer, best.setting), ending.signal);
    try {
      tried.push(await tryWay(child, { ...best, compiled: true }, problem, ending));
    } catch (thrown) {
      ending.signal?.throwIfAborted();
      uncompiled.push({ precision: best.precision, thrown });
    } finally {
      await child.close();
    }
  }
  const ways = precisions.flatMap((precision) => fastest(tried, precision, isLarge ? 1 : 2));
  const isTried = (precision: BenchPrecision) => ways.some((way) => way.precision === precision);
  return { ways, refusals: [...hopeless.filter(({ precision }) => !isTried(precision)), ...uncompiled] };
}

function settingsFor(cores: number, { small, clock }: Problem, isLarge: boolean): PeerSetting[] {
  const one: PeerSetting = { threads: 1, waitPolicy: 'passive' };
  // A reduced workload is not used for tuning.
  if (cores === 1 || small) return [one];
  const all: PeerSetting = { threads: cores, waitPolicy: 'passive' };
  // Threads that wait actively would have their waiting counted.
  if (clock === 'processor') return [all];
  return [...(isLarge ? [] : [one]), all, { threads: cores, waitPolicy: 'default' }];
}

async function tryWay(
  child: RunnerProcess,
  way: Omit<ReferenceConfig, 'milliseconds'>,
  problem: Problem,
  { patience }: Ending,
): Promise<ReferenceConfig> {
  const { setting, mode, compiled } = way;
  await child.ask({ do: 'load', precision: mode, compiled, threads: setting.threads, writes: false, ...problem });
  const {
    milliseconds: [first = 0],
  } = await child.ask({ do: 'time', masks: [null] });
  if (!compiled) patience.see(`PyTorch, ${describe(setting, mode, compiled)}`, first);
  const masks = first > slowTrial ? [null] : [null, null, null];
  const { milliseconds } = await child.ask({ do: 'time', masks });
  return { ...way, milliseconds: Math.min(...milliseconds) };
}

/** The fastest way of a precision, and up to `count` in all of those that are nearly as fast. */
function fastest(tried: readonly ReferenceConfig[], precision: BenchPrecision, count: number): ReferenceConfig[] {
  const byTime = tried
    .filter((way) => way.precision === precision)
    .sort((one, other) => one.milliseconds - other.milliseconds);
  const limit = nearlyBest * (byTime[0]?.milliseconds ?? 0);
  return byTime.slice(0, count).filter(({ milliseconds }) => milliseconds <= limit);
}

/** Opens a session for PyTorch in one way. Throws StudioError if it does not know the adapter. */
export async function openPyTorchSession(
  peer: PeerProgram,
  { precision, setting, mode, compiled }: ReferenceConfig,
  problem: Problem,
  ending: Ending,
): Promise<Session> {
  return opening(peerCommand(peer, setting), ending, async (child) => {
    await child.ask({ do: 'load', precision: mode, compiled, threads: setting.threads, writes: false, ...problem });
    const configuration = describe(setting, mode, compiled);
    const steps = await firstSteps(child, `PyTorch, ${configuration}`, ending.patience, compiled);
    return {
      contender: 'pytorch',
      isPeer: true,
      precision,
      adapter: problem.adapter,
      configuration,
      process: child,
      ...steps,
    };
  });
}

async function firstSteps(
  child: RunnerProcess,
  way: string,
  patience: Patience,
  compiles = false,
): Promise<Pick<Session, 'losses' | 'stepMilliseconds'>> {
  const first = await child.ask({ do: 'losses', count: 1 });
  // The first step of a way that compiles does little else.
  if (!compiles) for (const milliseconds of first.milliseconds) patience.see(way, milliseconds);
  const rest = await child.ask({ do: 'losses', count: lossCount - 1 });
  for (const milliseconds of rest.milliseconds) patience.see(way, milliseconds);
  return { losses: [...first.losses, ...rest.losses], stepMilliseconds: rest.milliseconds.at(-1) ?? 1 };
}

async function opening(
  program: RunnerCommand,
  { signal }: Ending,
  sit: (child: RunnerProcess) => Promise<Session>,
): Promise<Session> {
  const child = new RunnerProcess(program, signal);
  try {
    return await sit(child);
  } catch (thrown) {
    await child.close();
    throw thrown;
  }
}

function peerCommand({ python, script }: PeerProgram, { threads, waitPolicy }: PeerSetting): RunnerCommand {
  const policy: Record<string, string> = waitPolicy === 'passive' ? { OMP_WAIT_POLICY: 'passive' } : {};
  // Compiling in the process itself leaves no other behind when it is ended.
  const compiling = { TORCHINDUCTOR_COMPILE_THREADS: '1' };
  const environment = { OMP_NUM_THREADS: String(threads), PYTHONWARNINGS: 'ignore', ...compiling, ...policy };
  return { command: python, args: [script], environment };
}

function describe({ threads, waitPolicy }: PeerSetting, mode: Precision, compiled: boolean): string {
  const how = mode === 'autocast' ? ', autocast' : mode === 'bfloat16' ? ', bfloat16 base' : '';
  return `${countThreads(threads)}${threads > 1 ? `, ${waitPolicy} waiting` : ''}${how}${compiled ? ', compiled' : ''}`;
}

function countThreads(threads: number): string {
  return `${threads} ${threads === 1 ? 'thread' : 'threads'}`;
}
