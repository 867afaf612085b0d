import { expect, it } from 'vitest';
import { withoutCredentials } from '../../../src-shared/format/without-credentials.ts';

it('hides user and password of the web addresses in a text', () => {
  expect(withoutCredentials('no http://me:SECRET@127.0.0.1:9/simple nor https://token@hub.example, but a@b')).toBe(
    'no http://[hidden]@127.0.0.1:9/simple nor https://[hidden]@hub.example, but a@b',
  );
});
