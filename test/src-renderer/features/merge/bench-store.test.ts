import { beforeEach, expect, test } from 'vitest';
import { addToBench, setWeight } from '../../../../src-renderer/features/merge/bench.ts';
import {
  changeBench,
  currentBench,
  redoBench,
  undoBench,
} from '../../../../src-renderer/features/merge/bench-store.ts';

beforeEach(() => changeBench({ bench: [] }));

test('undo takes back one step, and a dragged weight as a whole', () => {
  changeBench((bench) => addToBench(bench, 'a'));
  changeBench((bench) => addToBench(bench, 'b'));
  for (const weight of [0.6, 0.7, 0.8]) changeBench((bench) => setWeight(bench, 'a', weight));
  changeBench((bench) => setWeight(bench, 'b', 0.1));
  undoBench();
  expect(currentBench().map((item) => item.weight)).toEqual([0.8, 0.5]);
  undoBench();
  expect(currentBench().map((item) => item.weight)).toEqual([0.5, 0.5]);
  undoBench();
  expect(currentBench().map((item) => item.adapterId)).toEqual(['a']);
});

test('redoes undone changes until something else changes', () => {
  changeBench((bench) => addToBench(bench, 'a'));
  changeBench((bench) => addToBench(bench, 'b'));
  undoBench();
  redoBench();
  expect(currentBench().map((item) => item.adapterId)).toEqual(['a', 'b']);
  undoBench();
  changeBench((bench) => addToBench(bench, 'c'));
  redoBench();
  expect(currentBench().map((item) => item.adapterId)).toEqual(['a', 'c']);
});
