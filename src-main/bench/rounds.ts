import type { StepTime } from './report.ts';
import type { Session } from './sessions.ts';
import { meanOverMasks, onlyActive, stepTime } from './statistics.ts';

/** Prefix of the masks that already covers the schedule. */
const fewestMasks = 8;
const timesPerMask = 3;
/** Duration in milliseconds up to which more steps are timed before the rounds are planned. */
const shortStep = 200;
const warmSteps = 8;

export interface RoundLimits {
  readonly rounds: number;
  /**
   * A session whose full and CoTo's steps would need longer in all rounds is asked for fewer; those with the lowest alone
   * come on top.
   */
  readonly secondsPerSeat: number;
  /** Minimum number of rounds for long steps; none has only the lowest group. */
  readonly long?: { readonly rounds: number };
}

export interface SessionTimes {
  readonly plain: StepTime;
  readonly coto: StepTime;
  readonly lowestAlone: StepTime | null;
  readonly onlyActive: StepTime | null;
}

/** Active groups of a step: all, a mask of the schedule, or only the lowest group of that mask. */
interface Step {
  readonly kind: 'plain' | 'coto' | 'lowestAlone';
  readonly mask: number;
}

/**
 * Lets the sessions step in turn, round by round, so that what slows the machine slows all of them. In its turn a session
 * takes as many full steps as steps of the schedule, one after the other; ours as many with the lowest group alone,
 * too. `onRound` gets the times so far after every round.
 */
export async function timeInRounds(
  sessions: readonly Session[],
  masks: readonly (readonly number[])[],
  limits: RoundLimits,
  onRound: (sofar: readonly SessionTimes[]) => Promise<void> = async () => undefined,
): Promise<SessionTimes[]> {
  const plans: Plan[] = [];
  for (const session of sessions) plans.push(planFor(await warmStep(session), masks.length, limits));
  const taken = sessions.map(() => ({ plain: new Times(), coto: new Times(), lowestAlone: new Times() }));
  for (let round = 0; round < limits.rounds; round++) {
    for (const [index, session] of sessions.entries()) {
      const plan = plans[index];
      if (plan === undefined || round >= plan.rounds) continue;
      const turn: Step[] = [];
      for (let step = 0; step < plan.stepsPerRound; step++) {
        const mask = (round * plan.stepsPerRound + step) % plan.masks;
        turn.push({ kind: 'plain', mask: 0 }, { kind: 'coto', mask });
        if (!session.isPeer && limits.long === undefined) turn.push({ kind: 'lowestAlone', mask });
      }
      const wanted = turn.map(({ kind, mask }) => groupsOn(kind, masks[mask] ?? []));
      const { milliseconds } = await session.process.ask({ do: 'time', masks: wanted });
      for (const [at, { kind, mask }] of turn.entries()) taken[index]?.[kind].add(mask, milliseconds[at] ?? Number.NaN);
    }
    await onRound(taken.map((times) => timesOf(times, masks)));
  }
  return taken.map((times) => timesOf(times, masks));
}

function timesOf(
  { plain, coto, lowestAlone }: Readonly<Record<Step['kind'], Times>>,
  masks: readonly (readonly number[])[],
): SessionTimes {
  const full = stepTime(plain.byMask.get(0) ?? []);
  return {
    plain: full,
    coto: meanOverMasks(coto.byMask),
    lowestAlone: lowestAlone.byMask.size === 0 ? null : meanOverMasks(lowestAlone.byMask),
    onlyActive: onlyActive(full, lowestAlone.byMask, masks),
  };
}

/** Milliseconds by mask. */
class Times {
  readonly byMask = new Map<number, number[]>();

  add(mask: number, milliseconds: number): void {
    this.byMask.set(mask, [...(this.byMask.get(mask) ?? []), milliseconds]);
  }
}

function groupsOn(kind: Step['kind'], mask: readonly number[]): number[] | null {
  if (kind === 'plain') return null;
  const lowest = mask.indexOf(1);
  return mask.map((bit, group) => (kind === 'coto' || group === lowest ? bit : 0));
}

/** Milliseconds of a warmed-up step: short steps skip the first ones. */
async function warmStep({ process, stepMilliseconds }: Session): Promise<number> {
  if (stepMilliseconds > shortStep) return stepMilliseconds;
  const { milliseconds } = await process.ask({ do: 'time', masks: Array.from({ length: warmSteps }, () => null) });
  return Math.min(stepMilliseconds, ...milliseconds);
}

interface Plan {
  readonly rounds: number;
  readonly stepsPerRound: number;
  /** Number of the schedule's masks in use. */
  readonly masks: number;
}

/** At least two rounds, and no more steps per round than there are masks. */
function planFor(stepMilliseconds: number, maskCount: number, limits: RoundLimits): Plan {
  const steps = Math.max(2, Math.floor((1000 * limits.secondsPerSeat) / (2 * stepMilliseconds)));
  const stepsPerRound = Math.min(maskCount, Math.max(1, Math.floor(steps / limits.rounds)));
  const fewestRounds = limits.long?.rounds ?? 2;
  const rounds = Math.min(limits.rounds, Math.max(fewestRounds, Math.floor(steps / stepsPerRound)));
  // Fewer masks, each timed several times: a minimum needs several values.
  const masks = Math.min(maskCount, Math.max(fewestMasks, Math.floor((rounds * stepsPerRound) / timesPerMask)));
  return { rounds, stepsPerRound, masks };
}
