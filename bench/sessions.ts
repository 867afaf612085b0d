import { fileURLToPath } from 'node:url';
import type { ComputeChoice } from '../src-main/engine/compute/selection.ts';
import { StudioError } from '../src-shared/contract/errors.ts';
import type { Patience } from './patience.ts';
import type { Precision, RunnerRequest } from './protocol.ts';
import type { BenchPrecision } from './report.ts';
import { type RunnerCommand, RunnerProcess } from './runner-process.ts';

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
export type Problem = Omit<RunnerRequest & { do: 'load' }, 'do' | 'precision' | 'threads' | 'writes'>;

/** A PyTorch installation that the bench may start. */
export interface PeerProgram {
  readonly python: string;
  readonly script: string;
}

/** Number of losses on which all runners must agree; they depend on the gradients and updates of earlier steps. */
const lossCount = 3;

/** What ends a session before its time: the bench is interrupted, or the steps are hopelessly slow. */
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
    args: ['--disable-warning=ExperimentalWarning', workerFile(), backend],
    // Backends that can crash a process are loaded in a separate one, as here.
    environment: { OMP_WAIT_POLICY: 'passive', COTO_ENGINE_PROCESS: 'child' },
  };
  return opening(program, ending, async (child) => {
    const { device = backend } = await child.ask({
      do: 'load',
      precision,
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
  readonly milliseconds: number;
}

/** Configurations slower than the best by more than this factor are dropped. */
const nearlyBest = 1.1;
/** Step time in milliseconds from which one step is timed after the first, else three. */
const slowTrial = 500;

/**
 * Tries every promising configuration of PyTorch (one thread and all, both wait policies, bfloat16 by autocast and
 * by a bfloat16 base) and returns the fastest of each precision, or two if they are close, to be decided by the
 * rounds. One that is hopelessly slow beside the best so far is given up after a step: what it said of a precision without
 * another way is among `refusals`.
 */
export async function tunePyTorch(
  peer: PeerProgram,
  precisions: readonly BenchPrecision[],
  cores: number,
  problem: Problem,
  { signal, patience }: Ending,
): Promise<{ ways: ReferenceConfig[]; refusals: { precision: BenchPrecision; thrown: unknown }[] }> {
  const settings: PeerSetting[] = [{ threads: 1, waitPolicy: 'passive' }];
  // A reduced workload is not used for tuning.
  if (cores > 1 && !problem.small)
    settings.push({ threads: cores, waitPolicy: 'passive' }, { threads: cores, waitPolicy: 'default' });
  const modes = precisions.flatMap((precision) =>
    (precision === 'float32' ? ['float32' as const] : ['autocast' as const, 'bfloat16' as const]).map((mode) => ({
      precision,
      mode,
    })),
  );
  const tried: ReferenceConfig[] = [];
  const refusals: { precision: BenchPrecision; thrown: unknown }[] = [];
  for (const setting of settings) {
    const child = new RunnerProcess(peerCommand(peer, setting), signal);
    try {
      for (const { precision, mode } of modes) {
        await child.ask({ do: 'load', precision: mode, threads: setting.threads, writes: false, ...problem });
        const {
          milliseconds: [first = 0],
        } = await child.ask({ do: 'time', masks: [null] });
        try {
          patience.see(`PyTorch, ${describe(setting, mode)}`, first);
        } catch (thrown) {
          if (!(thrown instanceof StudioError)) throw thrown;
          refusals.push({ precision, thrown });
          continue;
        }
        const { milliseconds } = await child.ask({
          do: 'time',
          masks: first > slowTrial ? [null] : [null, null, null],
        });
        tried.push({ precision, setting, mode, milliseconds: Math.min(...milliseconds) });
      }
    } finally {
      await child.close();
    }
  }
  const ways = precisions.flatMap((precision) => {
    const byTime = tried
      .filter((way) => way.precision === precision)
      .sort((one, other) => one.milliseconds - other.milliseconds);
    const limit = nearlyBest * (byTime[0]?.milliseconds ?? 0);
    return byTime.slice(0, 2).filter(({ milliseconds }) => milliseconds <= limit);
  });
  const isTried = (precision: BenchPrecision) => ways.some((way) => way.precision === precision);
  return { ways, refusals: refusals.filter(({ precision }) => !isTried(precision)) };
}

/** Opens a session for PyTorch in one way. Throws StudioError if it does not know the adapter. */
export async function openPyTorchSession(
  peer: PeerProgram,
  { precision, setting, mode }: ReferenceConfig,
  problem: Problem,
  ending: Ending,
): Promise<Session> {
  return opening(peerCommand(peer, setting), ending, async (child) => {
    await child.ask({ do: 'load', precision: mode, threads: setting.threads, writes: false, ...problem });
    const configuration = describe(setting, mode);
    const steps = await firstSteps(child, `PyTorch, ${configuration}`, ending.patience);
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
): Promise<Pick<Session, 'losses' | 'stepMilliseconds'>> {
  const first = await child.ask({ do: 'losses', count: 1 });
  for (const milliseconds of first.milliseconds) patience.see(way, milliseconds);
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
  const environment = { OMP_NUM_THREADS: String(threads), PYTHONWARNINGS: 'ignore', ...policy };
  return { command: python, args: [script], environment };
}

function describe({ threads, waitPolicy }: PeerSetting, mode: Precision): string {
  const how = mode === 'autocast' ? ', autocast' : mode === 'bfloat16' ? ', bfloat16 base' : '';
  return `${countThreads(threads)}${threads > 1 ? `, ${waitPolicy} waiting` : ''}${how}`;
}

function countThreads(threads: number): string {
  return `${threads} ${threads === 1 ? 'thread' : 'threads'}`;
}

/** Next to this module in the sources; the build copies it next to the engine. */
function workerFile(): string {
  const built = !import.meta.url.endsWith('.ts');
  return fileURLToPath(new URL(built ? '../engine/bench.mjs' : './worker.ts', import.meta.url));
}
