import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RandomStream } from '../../src-shared/random.ts';
import { type HubServer, startHub } from '../backend/library/huggingface/hub-server.ts';
import { caseFolders, copyOf, goodData, halfWritten } from '../cli/bad-input-support.ts';
import { goldenPath } from '../engine/golden.ts';
import { killedKinds, preparations } from './killed-kinds.ts';
import { cotoProcess, disagreements, drawDeath, KillCount, reopened } from './killed-processes.ts';

const caseFolder = caseFolders();

const kills = Number(process.env['COTO_JOB_KILLS'] ?? 20);
const minutes = Number(process.env['COTO_KILL_MINUTES'] ?? 15);
/** The kind is asked again, to its end, after one of so many kills. */
const repeatEach = 4;
const folder = caseFolder();
const prepared = join(folder, 'prepared');
const data = goodData(join(folder, 'bands'));
const kinds = Object.entries(killedKinds(folder, data));
const random = RandomStream.seeded(Number(process.env['COTO_KILL_SEED'] ?? 15), 'study');
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
const comparable = (text: string) => (text.split('How it was made')[0] ?? '').replaceAll(/-[0-9a-f]{10}\b/g, '');

test.each(kinds)(
  '%s, killed anywhere, loses nothing and leaves nothing',
  async (kind, { words, command, isPrinted }) => {
    const count = new KillCount();
    const place = join(folder, kind);
    /** A home, and a folder for what is written outside of it, of their own. */
    const fresh = (name: string) => {
      const [home, outputs] = [join(place, name, 'home'), join(place, name, 'out')];
      mkdirSync(outputs, { recursive: true });
      cpSync(prepared, home, { recursive: true });
      process.env['HF_HUB_CACHE'] = join(outputs, 'hub');
      return { home, outputs };
    };
    /** The contents of what was made, in any order: what is made twice counts once. */
    const made = ({ home, outputs }: ReturnType<typeof fresh>) =>
      [...new Set([home, outputs].flatMap((path) => [...safetensorsIn(path).values()]))].sort();
    const run = (one: ReturnType<typeof fresh>, out: string, death?: Parameters<typeof cotoProcess>[2]) =>
      cotoProcess(one.home, words(join(one.outputs, out)), death, command);

    const undisturbed = fresh('undisturbed');
    const calm = await run(undisturbed, 'first', 'counted');
    expect(calm.code, calm.err).toBe(0);
    const expected = made(undisturbed);
    // Each kind has its share of the time, and is killed at least twice.
    const deadline = performance.now() + (minutes * 60_000) / kinds.length;
    while (count.kills < kills && (count.kills < 2 || performance.now() < deadline)) {
      const one = fresh(String(count.attempts));
      const ended = await run(one, 'first', drawDeath(random, calm));
      count.add(ended);
      const where = `killed at ${ended.killedAt ?? 'a time'}, ${String(count)}`;
      if (!ended.isKilled) expect(ended.code, ended.err).toBe(0);
      await reopened(one.home, ({ idle }) => idle());
      expect(disagreements(one.home), where).toEqual([]);
      expect(
        halfWritten(one.outputs).filter((name) => basename(name) !== 'hub'),
        where,
      ).toEqual([]);
      const now = safetensorsIn(one.home);
      for (const [name, hash] of prints) expect(now.get(name), `${name}, ${where}`).toBe(hash);
      if (ended.isKilled && count.kills % repeatEach === 1) {
        // If the work was already done, a second result is created beside it.
        const again = await run(
          one,
          kind === 'pretrain' && !existsSync(join(one.outputs, 'first')) ? 'first' : 'second',
        );
        expect(again.code, `${where}: ${again.err}`).toBe(0);
        expect(made(one), where).toEqual(expected);
        if (isPrinted) expect(comparable(again.out)).toBe(comparable(calm.out));
        expect(disagreements(one.home), where).toEqual([]);
      }
      rmSync(join(place, String(count.attempts - 1)), { recursive: true });
    }
    console.log(`${kind}: ${String(count)}`);
  },
);
