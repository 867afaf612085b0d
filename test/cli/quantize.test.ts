import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { modelRecordSchema } from '../../src-shared/domain/models/model.ts';
import { cotoOn, temporaryFolder } from './run-command.ts';

const home = join(temporaryFolder(), 'home');
const coto = cotoOn(home);

test('models quantize adds a smaller copy that knows its base; a second quantization is refused', async () => {
  const { code, out, err } = await coto([
    'models',
    'quantize',
    'small-llama',
    '--type',
    'nf4',
    '--name',
    'small',
    '--json',
  ]);
  expect(err).not.toMatch(/^coto:/m);
  expect(code).toBe(0);
  const model = modelRecordSchema.parse(JSON.parse(out));
  expect(model).toMatchObject({
    name: 'small',
    path: join(home, 'models', 'small'),
    description: { dtype: 'NF4', quantizedFrom: { name: 'small-llama' } },
  });
  const base = modelRecordSchema.parse(JSON.parse((await coto(['models', 'show', 'small-llama', '--json'])).out));
  expect(model.description.quantizedFrom?.fingerprint).toBe(base.description.fingerprint);
  expect(model.description.sizeBytes).toBeLessThan(0.55 * base.description.sizeBytes);
  expect((await coto(['models', 'show', 'small'])).out).toMatch(/quantized from +small-llama/);
  const again = await coto(['models', 'quantize', 'small', '--type', 'Q4_0']);
  expect(again.code).not.toBe(0);
  expect(again.err).toMatch(/^coto: .* is quantized already: /m);
  expect(again.err).toContain('Quantize the base that it was made from');
  const unknown = await coto(['models', 'quantize', 'small-llama', '--type', 'int3']);
  expect(unknown.code).not.toBe(0);
  expect(unknown.err).toContain('nf4');
  expect(readdirSync(join(home, 'models'))).toEqual(['small']);
});
