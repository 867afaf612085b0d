import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { floats, goldenPath, relativeDifference, tensorsOf } from '../golden.ts';
import { testCompute } from '../test-compute.ts';

const bundled = fileURLToPath(new URL('../../../assets/models/small-llama', import.meta.url));

beforeAll(() => activateCompute(testCompute));

it('is the bundled language model as transformers computes it', async () => {
  const expected = await readSafetensors(goldenPath('small-llama', 'expected.safetensors'));
  const base = await loadBaseModel(bundled);
  const model = new AdaptedModel(base);
  const inputs = tensorsOf(new Map([...expected].filter(([name]) => name !== 'logits')));
  const logits = expected.get('logits');
  if (logits === undefined) throw new Error('the golden file has no logits');
  const difference = relativeDifference(model.outputs(inputs)['logits']?.dataSync() ?? [], floats(logits));
  expect(difference, `off by ${difference}`).toBeLessThan(1e-4);
  base.dispose();
});
