// @vitest-environment happy-dom
import { beforeEach, expect, test } from 'vitest';
import {
  comparisonAt,
  lastComparison,
  rememberComparisons,
} from '../../../../src-renderer/features/home/last-comparison.ts';

beforeEach(() => localStorage.clear());

test('an address with two runs or more is a comparison', () => {
  expect(comparisonAt('#/runs/compare?ids=a,b,c')).toEqual({ path: '/runs/compare?ids=a,b,c', runs: 3 });
  expect(comparisonAt('#/runs/compare?ids=a')).toBeNull();
  expect(comparisonAt('#/runs/a')).toBeNull();
  expect(comparisonAt('#/merge?ids=a,b')).toBeNull();
});

test('the last one is remembered, and nothing that cannot be read', async () => {
  expect(lastComparison()).toBeNull();
  const stop = rememberComparisons();
  window.location.hash = '#/runs/compare?ids=a,b';
  await expect.poll(lastComparison).toEqual({ path: '/runs/compare?ids=a,b', runs: 2 });
  window.location.hash = '#/home';
  stop();
  expect(lastComparison()?.runs).toBe(2);
  localStorage.setItem('coto-last-comparison', '{"path":');
  expect(lastComparison()).toBeNull();
});
