import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { readAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { describeModel } from '../../../src-main/engine/models/huggingface/model-folder.ts';
import { pruneMethod } from '../../../src-main/engine/prune/index.ts';
import { runPrune } from '../../../src-main/engine/prune/run-prune.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { parameterValuesSchema } from '../../../src-shared/domain/parameters/parameter.ts';
import { floats, goldenPath, relativeDifference } from '../golden.ts';
import { change } from '../merge/states.ts';

const folder = (name: string) => goldenPath('methods', 'intruders', name);
const cases = z
  .record(z.string(), z.object({ options: parameterValuesSchema, intruders: z.record(z.string(), z.number()) }))
  .parse(JSON.parse(readFileSync(folder('intruders.json'), 'utf8')));
const directory = goldenPath('llama', 'base');
const description = await describeModel(directory);
const adapter = await readAdapter(goldenPath('llama', 'adapters', 'lora'), description);
const method = pruneMethod('intruder-dimensions');

it.each(Object.entries(cases))("weakens what PEFT's reduce_intruder_dimension weakens: %s", async (name, one) => {
  const made = await runPrune({ method, parameters: one.options, base: { description, directory } }, adapter);
  const count = Object.values(one.intruders).reduce((sum, found) => sum + found, 0);
  expect(made.note).toBe(`${count} intruder dimensions in ${adapter.modules.size} modules.`);
  const expected = await readSafetensors(folder(`${name}.safetensors`));
  expect([...expected.keys()].sort()).toEqual([...made.state.modules.keys()].sort());
  for (const [module, delta] of expected) {
    const own = made.state.modules.get(module);
    expect(relativeDifference(own ? change(own) : [], floats(delta)), module).toBeLessThan(1e-5);
    if (one.intruders[module] === 0) expect(own).toBe(adapter.modules.get(module));
  }
});

it('changes nothing at λ = 1 but the factors, and says that it needs the base', async () => {
  const options = { top_k: 4, threshold_epsilon: 0.8, mitigation_lambda: 1 };
  const made = await runPrune({ method, parameters: options, base: { description, directory } }, adapter);
  for (const [name, module] of made.state.modules) {
    const before = adapter.modules.get(name);
    expect(relativeDifference(change(module), before ? change(before) : []), name).toBeLessThan(1e-5);
  }
  const absent = runPrune({ method, parameters: {}, base: { description, directory: null } }, adapter);
  await expect(absent).rejects.toThrow('the base of these adapters is not in the studio');
});
