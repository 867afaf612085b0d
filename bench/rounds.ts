import type { StepTime } from './report.ts';
import type { Session } from './sessions.ts';
import { meanOverMasks, stepTime } from './statistics.ts';

/** The first so many masks stand all over the schedule already. */
const fewestMasks = 8;
const timesPerMask = 3;
/** Up to so many milliseconds, some steps more are taken before the rounds are planned by them. */
const shortStep = 200;
const warmSteps = 8;

export interface RoundLimits {
  readonly rounds: number;
  /** A seat whose full and CoTo's steps would need longer in all rounds is asked for fewer; those with the lowest alone come on top. */
  readonly secondsPerSeat: number;
}

export interface SessionTimes {
  readonly plain: StepTime;
  readonly coto: StepTime;
  readonly lowestAlone: StepTime | null;
}

/** What a step has on: everything, a mask of the schedule, or of that mask the lowest group alone. */
interface Step {
  readonly kind: keyof SessionTimes;
  readonly mask: number;
}

/**
 * Lets the seats step in turn, round by round, so that what slows the machine slows all of them. In its turn a seat takes
 * as many full steps as steps of the schedule, one after the other; ours as many with the lowest group alone, too.
 */
export async function timeInRounds(
  seats: readonly Session[],
  masks: readonly (readonly number[])[],
  limits: RoundLimits,
): Promise<SessionTimes[]> {
  const plans: Plan[] = [];
  for (const seat of seats) plans.push(planFor(await warmStep(seat), masks.length, limits));
  const taken = seats.map(() => ({ plain: new Times(), coto: new Times(), lowestAlone: new Times() }));
  for (let round = 0; round < limits.rounds; round++)
    for (const [index, seat] of seats.entries()) {
      const plan = plans[index];
      if (plan === undefined || round >= plan.rounds) continue;
      const turn: Step[] = [];
      for (let step = 0; step < plan.stepsPerRound; step++) {
        const mask = (round * plan.stepsPerRound + step) % plan.masks;
        turn.push({ kind: 'plain', mask: 0 }, { kind: 'coto', mask });
        if (!seat.isPeer) turn.push({ kind: 'lowestAlone', mask });
      }
      const wanted = turn.map(({ kind, mask }) => groupsOn(kind, masks[mask] ?? []));
      const { milliseconds } = await seat.process.ask({ do: 'time', masks: wanted });
      for (const [at, { kind, mask }] of turn.entries()) taken[index]?.[kind].add(mask, milliseconds[at] ?? Number.NaN);
    }
  return taken.map(({ plain, coto, lowestAlone }) => ({
    plain: stepTime(plain.byMask.get(0) ?? []),
    coto: meanOverMasks(coto.byMask),
    lowestAlone: lowestAlone.byMask.size === 0 ? null : meanOverMasks(lowestAlone.byMask),
  }));
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

/** Milliseconds of a step that is compiled: where it is short, not of the first ones. */
async function warmStep({ process, stepMilliseconds }: Session): Promise<number> {
  if (stepMilliseconds > shortStep) return stepMilliseconds;
  const { milliseconds } = await process.ask({ do: 'time', masks: Array.from({ length: warmSteps }, () => null) });
  return Math.min(stepMilliseconds, ...milliseconds);
}

interface Plan {
  readonly rounds: number;
  readonly stepsPerRound: number;
  /** Of the schedule's masks, the first so many. */
  readonly masks: number;
}

/** At least two rounds, and never more steps than there are masks to a round. */
function planFor(stepMilliseconds: number, maskCount: number, limits: RoundLimits): Plan {
  const steps = Math.max(2, Math.floor((1000 * limits.secondsPerSeat) / (2 * stepMilliseconds)));
  const stepsPerRound = Math.min(maskCount, Math.max(1, Math.floor(steps / limits.rounds)));
  const rounds = Math.min(limits.rounds, Math.max(2, Math.floor(steps / stepsPerRound)));
  // Fewer masks, each timed several times: a minimum of one time is none.
  const masks = Math.min(maskCount, Math.max(fewestMasks, Math.floor((rounds * stepsPerRound) / timesPerMask)));
  return { rounds, stepsPerRound, masks };
}
