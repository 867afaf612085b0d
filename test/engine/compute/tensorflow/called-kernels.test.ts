import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tensorflowVersion } from '../../../../src-main/engine/compute/tensorflow/installation.ts';
import {
  isInstalled,
  libraryList,
  libraryOperations,
  node,
  reachedKernels,
  registeredKernels,
} from './called-kernels.ts';

const reached = isInstalled ? reachedKernels() : new Map<string, string>();
const registered = isInstalled ? registeredKernels() : new Map<string, string>();

it.skipIf(!isInstalled)('the walk finds what the engine calls, and what tfjs-node and libtensorflow have', () => {
  expect(tensorflowVersion).toBe('2.21.0');
  expect(registered.size).toBeGreaterThan(130);
  for (const name of ['BatchMatMul', 'Softmax', 'GatherV2', 'Sum', 'Transpose', 'UnsortedSegmentSum'])
    expect([...reached.keys()]).toContain(name);
  expect(libraryOperations(registered.get('Softmax') ?? '')).toEqual(['Softmax']);
  expect(libraryList().size).toBeGreaterThan(1700);
});

it.skipIf(!isInstalled)('every kernel that the engine reaches is registered for libtensorflow', () => {
  const missing = [...reached]
    .filter(([name]) => !registered.has(name))
    .map(([name, from]) => `${name} (from ${from})`);
  expect(missing).toEqual([]);
});

it.skipIf(!isInstalled)('every operation that those kernels run is one of libtensorflow', () => {
  const known = libraryList();
  const files = [...reached.keys()].flatMap((name) => registered.get(name) ?? []);
  const missing = [...files, join(node, 'nodejs_kernel_backend.js')].flatMap((file) =>
    libraryOperations(file).flatMap((name) => (known.has(name) ? [] : [`${name} (run by ${file})`])),
  );
  expect(missing).toEqual([]);
});
