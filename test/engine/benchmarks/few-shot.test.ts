import { describe, expect, it } from 'vitest';
import { FewShotSampler } from '../../../src-main/engine/benchmarks/few-shot.ts';
import { PythonRandom } from '../../../src-main/engine/benchmarks/python-random.ts';

describe('samples as of Python', () => {
  // >>> r = random.Random(1234)
  // >>> [r.sample(range(n), k) for n, k in [(10, 3), (100, 5), (100, 7), (30, 2)]]
  it('are those that random.Random(1234) draws, from a small and a large population', () => {
    const random = new PythonRandom(1234);
    const drawn = [[10, 3] as const, [100, 5] as const, [100, 7] as const, [30, 2] as const].map(([size, count]) =>
      random.sample(size, count),
    );
    expect(drawn).toEqual([
      [7, 1, 0],
      [11, 74, 4, 85, 88],
      [10, 12, 98, 45, 30, 2, 3],
      [25, 0],
    ]);
  });
});

describe('examples before a question', () => {
  const pool = [0, 1, 2, 3].map((id) => ({ id }));
  const options = { file: 'task.yaml', sampler: 'first_n', leavesOutQuestion: true } as const;

  it('are the first, without the question itself', () => {
    expect(new FewShotSampler(pool, options).draw(2, { id: 1 })).toEqual([{ id: 0 }, { id: 2 }]);
  });

  it('are compared with the question only as far as there is need', () => {
    let compared = 0;
    const row = (id: number) => ({
      toJSON: () => {
        compared++;
        return { id };
      },
    });
    const many = Array.from({ length: 1000 }, (_, id) => row(id));
    expect(new FewShotSampler(many, options).draw(2, { id: 1 })).toEqual([many[0], many[2]]);
    expect(compared).toBe(3);
  });

  it('are drawn again without it where it is there more than once', () => {
    const repeated = [{ id: 9 }, { id: 9 }, { id: 9 }, { id: 1 }];
    const drawn = new FewShotSampler(repeated, { ...options, sampler: 'default' }).draw(1, { id: 9 });
    expect(drawn).toEqual([{ id: 1 }]);
  });

  it('are as many as asked, or the task says that they are not there', () => {
    expect(() => new FewShotSampler(pool, options).draw(4, { id: 1 })).toThrow(
      'task.yaml: there are 3 rows for examples, and 4 are requested.',
    );
  });
});
