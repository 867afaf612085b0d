import { expect, it } from 'vitest';
import { readAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { vera } from '../../../src-main/engine/adapters/variants/vera.ts';
import { describeModel } from '../../../src-main/engine/models/huggingface/model-folder.ts';
import { goldenPath } from '../golden.ts';

it.each(['llama', 'vit', 'bert'])("draws PEFT's very projections from projection_prng_key: %s", async (family) => {
  const description = await describeModel(goldenPath(family, 'base'));
  const state = await readAdapter(goldenPath(family, 'adapters', 'vera'), description);
  const modules = description.linears.filter(({ name }) => state.modules.has(name));
  const fresh = vera.shared?.initialize(modules, state.parameters);
  for (const part of ['A', 'B']) expect(fresh?.get(part)).toEqual(state.shared.get(part));
});
