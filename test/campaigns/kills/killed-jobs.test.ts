import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type HubServer, startHub } from '../../backend/library/huggingface/hub-server.ts';
import { caseFolders, copyOf, goodData, halfWritten } from '../../cli/bad-input-support.ts';
import { goldenPath } from '../../engine/golden.ts';
import { campaign, type Tally } from '../campaign.ts';
import { type KilledKind, killedKinds, preparations } from './killed-kinds.ts';
import { cotoProcess, disagreements, drawDeath, type Ended, killTally, reopened } from './killed-processes.ts';

const caseFolder = caseFolders();

/** The kind is asked again, to its end, after one of so many kills. */
const repeatEach = 4;
/** So many seeds in turn are of one kind, which costs an undisturbed run of it. */
const turn = 5;
const folder = caseFolder();
const prepared = join(folder, 'prepared');
const data = goodData(join(folder, 'bands'));
const kinds = Object.entries(killedKinds(folder, data));
let hub: HubServer;
let prints = new Map<string, string>();

beforeAll(async () => {
  const model = goldenPath('llama', 'base');
  hub = await startHub('org/tiny', new Map(readdirSync(model).map((name) => [name, readFileSync(join(model, name))])));
  process.env['HF_ENDPOINT'] = hub.url;
  for (const words of preparations(copyOf(folder), data)) {
    const { code, err } = await cotoProcess(prepared, words);
    expect(code, err).toBe(0);
  }
  prints = safetensorsIn(prepared);
});
afterAll(() => hub.close());

/** The SHA-256 of each file of tensors below a folder. */
function safetensorsIn(path: string): Map<string, string> {
  const names = existsSync(path) ? readdirSync(path, { recursive: true }).map(String) : [];
  return new Map(
    names
      .filter((name) => name.endsWith('.safetensors'))
      .map((name) => [
        name,
        createHash('sha256')
          .update(readFileSync(join(path, name)))
          .digest('hex'),
      ]),
  );
}

/** Returns the output without ids and durations. */
const comparable = (text: string) =>
  (text.split('How it was made')[0] ?? '').replaceAll(/-[0-9a-f]{10}\b/g, '').replaceAll(/ +[\d.]+ ms\b/g, ' # ms');

/** A home, and a folder for what is written outside of it. */
interface Place {
  readonly home: string;
  readonly outputs: string;
}

function freshPlace(name: string): Place {
  const [home, outputs] = [join(folder, name, 'home'), join(folder, name, 'out')];
  mkdirSync(outputs, { recursive: true });
  cpSync(prepared, home, { recursive: true });
  process.env['HF_HUB_CACHE'] = join(outputs, 'hub');
  return { home, outputs };
}

/** The contents of what was made, in any order: what is made twice counts once. */
const made = ({ home, outputs }: Place) =>
  [...new Set([home, outputs].flatMap((path) => [...safetensorsIn(path).values()]))].sort();

const run = ({ words, command }: KilledKind, place: Place, out: string, death?: Parameters<typeof cotoProcess>[2]) =>
  cotoProcess(place.home, words(join(place.outputs, out)), death, command);

/** An undisturbed job of a kind, and its outputs. */
interface Calm {
  readonly ended: Ended;
  readonly outputs: readonly string[];
}
const calmRuns = new Map<KilledKind, Calm>();

async function calmRun(kind: KilledKind): Promise<Calm> {
  const known = calmRuns.get(kind);
  if (known !== undefined) return known;
  const place = freshPlace('undisturbed');
  try {
    const ended = await run(kind, place, 'first', 'counted');
    expect(ended.code, ended.err).toBe(0);
    const calm = { ended, outputs: made(place) };
    calmRuns.set(kind, calm);
    return calm;
  } finally {
    rmSync(join(folder, 'undisturbed'), { recursive: true });
  }
}

test('a job of any kind, killed anywhere, loses nothing and leaves nothing', () =>
  campaign({ campaign: 'kills', part: 'jobs', counts: 'kills', goal: 400 }, async (random, seed): Promise<Tally> => {
    const [name, kind] = kinds[Math.floor((seed - 1) / turn) % kinds.length] ?? expect.unreachable();
    const calm = await calmRun(kind);
    const place = freshPlace(String(seed));
    try {
      const ended = await run(kind, place, 'first', drawDeath(random, calm.ended));
      const where = `${name}, killed at ${ended.killedAt ?? 'a time'}`;
      if (!ended.isKilled) expect(ended.code, ended.err).toBe(0);
      await reopened(place.home, ({ idle }) => idle());
      expect(disagreements(place.home), where).toEqual([]);
      expect(
        halfWritten(place.outputs).filter((file) => basename(file) !== 'hub'),
        where,
      ).toEqual([]);
      const now = safetensorsIn(place.home);
      for (const [file, hash] of prints) expect(now.get(file), `${file}, ${where}`).toBe(hash);
      const tally = { [name]: 1, ...killTally(ended) };
      if (!ended.isKilled || seed % repeatEach !== 1) return tally;
      // If the work was already done, a second result is created beside it.
      const isFirst = name === 'pretrain' && !existsSync(join(place.outputs, 'first'));
      const again = await run(kind, place, isFirst ? 'first' : 'second');
      expect(again.code, `${where}: ${again.err}`).toBe(0);
      expect(made(place), where).toEqual(calm.outputs);
      if (kind.isPrinted) expect(comparable(again.out), where).toBe(comparable(calm.ended.out));
      expect(disagreements(place.home), where).toEqual([]);
      return { ...tally, 'asked again': 1 };
    } finally {
      rmSync(join(folder, String(seed)), { recursive: true });
    }
  }));
