import { expect, test, vi } from 'vitest';
import { cotoDeclaration } from '../../../../src-shared/domain/runs/coto.ts';
import { runParameters } from '../../../../src-shared/domain/runs/run.ts';

const parametersOf = vi.hoisted(() => vi.fn(() => []));
vi.mock('../../../../src-shared/domain/parameters/parameters-of.ts', () => ({ parametersOf }));

test('loading the domain makes no list of parameters; each is made once, when it is first asked for', () => {
  expect(parametersOf).not.toHaveBeenCalled();
  expect(runParameters()).toBe(runParameters());
  expect(cotoDeclaration.parameters).toBe(cotoDeclaration.parameters);
  // The run's, its augmentation's and CoTo's.
  expect(parametersOf).toHaveBeenCalledTimes(3);
});
