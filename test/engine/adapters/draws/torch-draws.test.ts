import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readAdapter } from '../../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { shira } from '../../../../src-main/engine/adapters/variants/shira.ts';
import { describeModel } from '../../../../src-main/engine/models/huggingface/model-folder.ts';
import { RandomStream } from '../../../../src-shared/random.ts';
import { goldenPath } from '../../golden.ts';

/** Random values that PEFT draws by torch's generator, from seeds in its config, are reproduced bit for bit. */
const folders = ['llama', 'vit', 'bert', 'gpt2'].flatMap((family) =>
  readdirSync(goldenPath(family, 'adapters')).map((name) => ({ family, name })),
);

const projected = folders.filter(({ name }) => /^(vera|randlora)/.test(name) && !name.endsWith('no-projections'));
it.each(projected)("the projections of $family's $name", async ({ family, name }) => {
  const description = await describeModel(goldenPath(family, 'base'));
  const state = await readAdapter(goldenPath(family, 'adapters', name), description);
  const modules = description.linears.filter((module) => state.modules.has(module.name));
  const fresh = state.variant.shared?.initialize(modules, state.parameters);
  for (const part of ['A', 'B']) expect(fresh?.get(part)).toEqual(state.shared.get(part));
});

const sparse = folders.filter(({ name }) => name.startsWith('shira'));
it.each(sparse)("the places of $family's $name", async ({ family, name }) => {
  const description = await describeModel(goldenPath(family, 'base'));
  const { modules, parameters } = await readAdapter(goldenPath(family, 'adapters', name), description);
  for (const [moduleName, { rank, tensors }] of modules) {
    const module = description.linears.find((one) => one.name === moduleName);
    if (!module) throw new Error(moduleName);
    const source = { random: RandomStream.seeded(1, 'initialization'), weight: () => Promise.reject(new Error()) };
    const fresh = await shira.initialize(module, { rank, parameters }, source);
    expect(fresh.get('indices')).toEqual(tensors.get('indices'));
  }
});
