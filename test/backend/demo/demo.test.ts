import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { closeBackends, openBackend, scriptedEngine } from '../support.ts';

afterEach(closeBackends);

const resourcesDirectory = fileURLToPath(new URL('../../../assets', import.meta.url));

describe('the demo study', () => {
  it.each([
    { quick: true, steps: 60, points: 7 },
    { quick: false, steps: 400, points: 11 },
  ])(
    'queues pairs of runs, three studies behind them and a report behind all (quick: $quick)',
    async ({ quick, steps, points }) => {
      const backend = await openBackend({
        resourcesDirectory,
        startEngine: scriptedEngine(() => new Promise(() => undefined)),
      });
      const demo = await backend.handle('demo.start', { quick });

      expect(demo.runs.map((run) => [run.name, run.config.seed, run.config.coto !== null])).toEqual([
        ['LoRA · seed 1', 1, false],
        ['LoRA + CoTo · seed 1', 1, true],
        ['LoRA · seed 2', 2, false],
        ['LoRA + CoTo · seed 2', 2, true],
      ]);
      // The runs of a pair differ in CoTo alone, and all are trained on the same few-shot subset.
      for (const [lora, coto] of [demo.runs.slice(0, 2), demo.runs.slice(2)])
        expect({ ...coto?.config, coto: null }).toEqual(lora?.config);
      expect(new Set(demo.runs.map((run) => run.config.data_seed))).toEqual(new Set([0]));
      expect(demo.runs.every((run) => run.config.max_steps === steps && run.studyId === demo.demoId)).toBe(true);

      expect(demo.studies.map((study) => study.kind)).toEqual(['merging', 'interpolation', 'pruning']);
      const [, lambda] = demo.studies;
      expect(lambda?.config).toMatchObject({
        points,
        pairs: [
          { coto: false, from: { runId: demo.runs[0]?.id }, to: { runId: demo.runs[2]?.id } },
          { coto: true, from: { runId: demo.runs[1]?.id }, to: { runId: demo.runs[3]?.id } },
        ],
      });
      const trainJobs = demo.jobs.slice(0, 4).map((job) => job.id);
      const studyJobs = demo.jobs.slice(4, 7);
      for (const job of studyJobs) expect([...job.after].sort()).toEqual([...trainJobs].sort());
      const report = demo.jobs.at(-1);
      expect(report?.id).toBe(demo.reportJobId);
      expect(report?.after).toEqual([...trainJobs, ...studyJobs.map((job) => job.id)]);
    },
  );

  it('merges and joins every pair of the seeds that were asked for', async () => {
    const backend = await openBackend({
      resourcesDirectory,
      startEngine: scriptedEngine(() => new Promise(() => undefined)),
    });
    const demo = await backend.handle('demo.start', { quick: true, seeds: [3, 4, 5] });
    const [merging, lambda] = demo.studies.map((study) => study.config);
    const idOf = (seed: number, coto: boolean) =>
      demo.runs.find((run) => run.config.seed === seed && (run.config.coto !== null) === coto)?.id;
    const expected = [false, true].flatMap((coto) =>
      [
        [3, 4],
        [3, 5],
        [4, 5],
      ].map((pair) => ({ coto, adapters: pair.map((seed) => ({ runId: idOf(seed, coto) })) })),
    );
    expect(merging).toMatchObject({ groups: expected });
    expect(lambda).toMatchObject({ pairs: expected.map(({ coto, adapters: [from, to] }) => ({ coto, from, to })) });
    await expect(backend.handle('demo.start', { seeds: [3, 3] })).rejects.toMatchObject({ code: 'invalid_input' });
  });

  it('ends when one of its runs fails', async () => {
    const backend = await openBackend({
      resourcesDirectory,
      startEngine: scriptedEngine(async () => {
        throw new Error('broken');
      }),
    });
    const demo = await backend.handle('demo.start', { quick: true });
    await backend.idle();
    expect((await backend.handle('jobs.get', { id: demo.reportJobId })).error?.message).toBe(
      'It needed "Train LoRA · seed 1", which failed.',
    );
    expect(await backend.handle('jobs.list', {})).toEqual([]);
  });
});
