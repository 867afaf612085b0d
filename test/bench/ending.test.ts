import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Patience } from '../../src-main/bench/patience.ts';
import { type BenchReport, benchReportSchema } from '../../src-main/bench/report.ts';
import { runBench, workloads } from '../../src-main/bench/run-bench.ts';
import { openPyTorchSession, tunePyTorch } from '../../src-main/bench/sessions.ts';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'coto-bench-ending-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a way that is ten times slower than the best so far', () => {
  const peer = { python: process.execPath, script: join(import.meta.dirname, 'slow-peer.mjs') };
  const problem = {
    ...{ shape: 'encoder', adapter: 'lora', small: true, exchange: join(folder, 'problem'), resources: '' },
    clock: 'elapsed' as const,
  };

  it('is given up after one step, and its precision left out with the reason', async () => {
    const precisions = ['float32', 'bfloat16'] as const;
    const { ways, refusals } = await tunePyTorch(peer, precisions, 1, problem, { patience: new Patience() });
    expect(ways.map(({ mode }) => mode)).toEqual(['float32']);
    expect(refusals.map(({ precision }) => precision)).toEqual(['bfloat16', 'bfloat16']);
    expect(String(refusals[0]?.thrown)).toMatch(/took 60 s .*more than 10 times the 0\.010 s of PyTorch, 1 thread/);
    const steps = readFileSync(`${problem.exchange}.steps`, 'utf8').trim().split('\n');
    expect(steps).toEqual(['float32 1', 'float32 3', 'autocast 1', 'bfloat16 1']);
  });

  it('is given up when it joins the rounds, too', async () => {
    const patience = new Patience();
    patience.see('another', 100);
    const setting = { threads: 1, waitPolicy: 'passive' } as const;
    const way = { precision: 'bfloat16', setting, mode: 'autocast', compiled: false, milliseconds: 1 } as const;
    const own = { ...problem, exchange: join(folder, 'joining') };
    await expect(openPyTorchSession(peer, way, own, { patience })).rejects.toThrow(/given up/);
    expect(readFileSync(`${own.exchange}.steps`, 'utf8')).toBe('autocast 1\n');
  });

  it('is kept where its steps are short all the same', () => {
    const patience = new Patience();
    patience.see('the best', 5);
    expect(() => patience.see('another', 900)).not.toThrow();
    expect(() => patience.see('a third', 1100)).toThrow(/given up/);
  });
});

describe('an interrupted bench', () => {
  const options = {
    version: 'test',
    quick: true,
    backends: ['wasm'],
    precisions: ['float32'],
    adapters: ['lora'],
    parts: ['steps'],
    peer: { reason: 'none here' },
    threads: 1,
    resources: `${root}/assets`,
    report: () => undefined,
  } as const;

  it('has the rows that it had written as they came', async () => {
    const shapes = workloads.filter(({ id }) => id === 'vit' || id === 'encoder');
    const interrupted = new AbortController();
    const kept: BenchReport[] = [];
    const keep = async (sofar: BenchReport) => {
      kept.push(benchReportSchema.parse(structuredClone(sofar)));
      if (sofar.entries.length > 1) interrupted.abort();
    };
    const report = await runBench({ ...options, shapes, keep, signal: interrupted.signal });
    // After the first round of the first workload its row was there.
    expect(kept[0]?.entries.map(({ shape }) => shape)).toEqual(['vit']);
    // The steps of a round depend on the machine; a quick bench has two rounds.
    const samplesOf = (entry: BenchReport['entries'][number] | undefined) => entry?.plain.samples ?? 0;
    const ofRound = samplesOf(kept[0]?.entries[0]);
    expect(ofRound).toBeGreaterThan(0);
    expect(report.entries.map(({ shape }) => shape)).toEqual(['vit', 'encoder']);
    expect(samplesOf(report.entries[0])).toBe(2 * ofRound);
    // The bench was interrupted after the first round of the second workload, which a whole bench has beside it.
    expect(samplesOf(report.entries[1])).toBe(samplesOf(kept.at(-1)?.entries[1]));
    expect(kept.filter(({ entries }) => entries.length > 1)).toHaveLength(1);
    expect([report.complete, kept.every(({ complete }) => !complete)]).toEqual([false, true]);
  });
});
