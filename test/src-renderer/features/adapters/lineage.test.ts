import { describe, expect, test } from 'vitest';
import { lineageOf } from '../../../../src-renderer/features/adapters/lineage.ts';
import { runConfigSchema } from '../../../../src-shared/domain/runs/run.ts';
import { adapter } from '../../fake-backend.ts';

function run(id: string, adapterId: string | null, seed: string | null = null) {
  return { id, name: `run ${id}`, adapterId, config: runConfigSchema.parse({ adapter: { init_adapter: seed } }) };
}
const trained = (id: string, runId: string) =>
  adapter(id, { origin: { kind: 'run', runId, checkpoint: 'best', step: 400 } });
const merged = (id: string, ...inputs: string[]) =>
  adapter(id, {
    origin: { kind: 'merge', method: 'ties', inputs: inputs.map((adapterId) => ({ adapterId, weight: 0.5 })) },
  });
const pruned = (id: string, adapterId: string) => adapter(id, { origin: { kind: 'prune', method: 'svd', adapterId } });

function ids(lineage: ReturnType<typeof lineageOf>) {
  return lineage.columns.map((column) => column.map(({ id }) => id));
}

describe('the lineage of an adapter', () => {
  const adapters = [trained('a', 'r1'), trained('b', 'r2'), merged('m', 'a', 'b'), pruned('p', 'm'), adapter('other')];
  const runs = [run('r1', 'a'), run('r2', 'b')];

  test('goes from runs over checkpoints and merges to what was pruned, whichever of them is looked at', () => {
    const whole = [['r1', 'r2'], ['a', 'b'], ['m'], ['p']];
    for (const id of ['m', 'p']) {
      const own = adapters.find((one) => one.id === id) ?? adapter('none');
      expect(ids(lineageOf(own, adapters, runs)).map((column) => column.toSorted())).toEqual(whole);
    }
    const { columns, edges } = lineageOf(adapters[2] ?? adapter('none'), adapters, runs);
    expect(columns.flat().find(({ id }) => id === 'a')).toMatchObject({
      detail: 'best checkpoint, step 400',
      page: 'adapters',
    });
    expect(columns.flat().find(({ id }) => id === 'r1')).toMatchObject({ name: 'run r1', page: 'runs' });
    expect(edges).toContainEqual({ from: 'a', to: 'm', label: '× 0.5' });
    expect(edges).toHaveLength(5);
  });

  test('a leaf has its own ancestors and descendants, and no siblings', () => {
    expect(ids(lineageOf(trained('a', 'r1'), adapters, runs))).toEqual([['r1'], ['a'], ['m'], ['p']]);
  });

  test('says what no longer exists, without a link', () => {
    const { columns } = lineageOf(pruned('p', 'gone'), [pruned('p', 'gone')], []);
    expect(columns[0]).toMatchObject([{ id: 'gone', name: 'deleted adapter', page: null }]);
    const [ofRun] = lineageOf(trained('a', 'gone'), [trained('a', 'gone')], []).columns;
    expect(ofRun).toMatchObject([{ kind: 'run', name: 'deleted run', page: null }]);
  });

  test('follows runs that start from an adapter, named by it or by its run', () => {
    const all = [trained('a', 'r1'), trained('c', 'r3'), trained('d', 'r4')];
    const lineage = lineageOf(trained('a', 'r1'), all, [run('r1', 'a'), run('r3', 'c', 'r1'), run('r4', 'd', 'a')]);
    expect(ids(lineage)).toEqual([['r1'], ['a'], ['r3', 'r4'], ['c', 'd']]);
  });

  test('puts what is made from two generations behind both', () => {
    const all = [trained('a', 'r1'), pruned('p', 'a'), merged('m', 'a', 'p')];
    expect(ids(lineageOf(trained('a', 'r1'), all, [run('r1', 'a')]))).toEqual([['r1'], ['a'], ['p'], ['m']]);
  });

  test('counts what would not fit a column', () => {
    const many = Array.from({ length: 9 }, (_, index) => pruned(`p${index}`, 'a'));
    const { columns, edges } = lineageOf(trained('a', 'r1'), [trained('a', 'r1'), ...many], [run('r1', 'a')]);
    expect(columns[2]).toHaveLength(6);
    expect(columns[2]?.at(-1)).toMatchObject({ name: 'and 4 more', page: null });
    expect(edges.filter(({ from }) => from === 'a')).toHaveLength(6);
  });
});
