import { expect, test } from 'vitest';
import { runKey } from '../../../src-main/backend/bundles/run-key.ts';
import { runConfigSchema } from '../../../src-shared/domain/runs/run.ts';
import type { BundleInput } from '../../../src-shared/domain/targets/bundle.ts';

function input(role: BundleInput['role'], id: string): BundleInput {
  const content = { role, id, name: id, sha256: role.padEnd(64, '0'), bytes: 1, fingerprint: null };
  return { ...content, source: null, main: id, place: { kind: 'blobs' }, files: [{ path: id, bytes: 1, sha256: '' }] };
}

const keyOf = (settings: object) => {
  const config = runConfigSchema.parse({ model: 'base', dataset: 'data', ...settings });
  return runKey(config, [input('model', 'base'), input('dataset', 'data')], '1.0.0');
};

test('runs of bundles from before save_minutes keep their keys', () => {
  expect(keyOf({})).toBe('3a409214a5daadd5a323fad69c70b9c9');
  expect(keyOf({ save_minutes: 2 })).toBe(keyOf({}));
  expect(keyOf({ save_minutes: 0 })).not.toBe(keyOf({}));
});

test('runs of bundles from before rescaling and the schedule random ranks keep their keys', () => {
  const former = 'c2ecc8b470e4da1e02edc73698e604ba';
  expect(keyOf({ coto: { schedule: 'droplora' } })).toBe(former);
  expect(keyOf({ coto: { schedule: 'random-ranks', rescale: 'none' } })).toBe(former);
  expect(keyOf({ coto: { schedule: 'random-ranks', rescale: 'inverse_survival' } })).not.toBe(former);
});
