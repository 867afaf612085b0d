import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { z } from 'zod';
import { RandomStream } from '../../src-shared/random.ts';

/** Counts of an attempt by name, such as `kills` or `refused`. */
export type Tally = Readonly<Record<string, number>>;

/** One part of a campaign: attempts, each drawn by a seed of its own. */
export interface CampaignPart {
  /** Folder of the campaign in test/campaigns. */
  readonly campaign: string;
  readonly part: string;
  /** Name of the tally that counts towards the goal. */
  readonly counts: string;
  /** Total of a full campaign. */
  readonly goal: number;
}

/** A line of the state file. The last line of a seed counts. */
const lineSchema = z.object({
  seed: z.number(),
  tally: z.record(z.string(), z.number()),
  failure: z.string().optional(),
  seconds: z.number(),
  commit: z.string(),
});

/** So many failures end a part: the cause is the same, or the machine. */
const maxFailures = 5;

/** Folder of the state files; without it, as in a plain run of the tests, nothing is resumed. */
const stateFolder = process.env['COTO_CAMPAIGN_STATE'];
/** Share of the goal to reach. */
const share = Number(process.env['COTO_CAMPAIGN_SHARE'] ?? 1);
const firstSeed = Number(process.env['COTO_CAMPAIGN_SEED'] ?? 1);
/** Time, in milliseconds since 1970, after which no attempt begins. */
const endsAt = Number(process.env['COTO_CAMPAIGN_ENDS'] ?? Infinity);

/**
 * Makes attempts with the seeds that are not done yet, until the goal or the end of the campaign's time. An attempt that throws
 * is a failure: its seed is printed, kept in the state file and tried again by the next call.
 */
export async function campaign(
  { campaign: name, part, counts, goal }: CampaignPart,
  attempt: (random: RandomStream, seed: number) => Promise<Tally>,
): Promise<void> {
  const file = stateFolder === undefined ? null : join(stateFolder, `${part}.jsonl`);
  const done = file === null ? new Map<number, Tally>() : doneSeeds(file);
  const wanted = Math.max(1, Math.round(goal * share));
  let total = [...done.values()].reduce((sum, tally) => sum + (tally[counts] ?? 0), 0);
  const failures: string[] = [];
  for (let seed = firstSeed; total < wanted && failures.length < maxFailures; seed++) {
    if (done.has(seed)) continue;
    // A sample of no time at all shows nothing.
    if (Date.now() > endsAt && done.size + failures.length > 0) break;
    const startedAt = Date.now();
    let tally: Tally = {};
    let failure: string | undefined;
    try {
      tally = await attempt(RandomStream.seeded(seed, 'study'), seed);
      done.set(seed, tally);
      total += tally[counts] ?? 0;
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
      failures.push(`seed ${seed}: ${failure}`);
    }
    const seconds = (Date.now() - startedAt) / 1000;
    const commit = process.env['COTO_CAMPAIGN_COMMIT'] ?? '';
    if (file !== null) appendFileSync(file, `${JSON.stringify({ seed, tally, failure, seconds, commit })}\n`);
    const words = failure === undefined ? wordsOf(tally) : `FAILED: ${failure}`;
    console.log(`${name}/${part} seed ${seed}: ${words} (${seconds.toFixed(1)} s; ${total} of ${wanted} ${counts})`);
  }
  expect(failures).toEqual([]);
}

function doneSeeds(file: string): Map<number, Tally> {
  mkdirSync(join(file, '..'), { recursive: true });
  const done = new Map<number, Tally>();
  if (!existsSync(file)) return done;
  for (const text of readFileSync(file, 'utf8').split('\n')) {
    if (!text.endsWith('}')) continue;
    const { seed, tally, failure } = lineSchema.parse(JSON.parse(text));
    if (failure === undefined) done.set(seed, tally);
    else done.delete(seed);
  }
  return done;
}

const wordsOf = (tally: Tally): string =>
  Object.entries(tally)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ') || 'nothing';
