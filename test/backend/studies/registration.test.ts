import { afterEach, expect, test } from 'vitest';
import { parseRegistration, registerStudy } from '../../../src-main/backend/studies/registration.ts';
import { closeBackends, openBackend, realEngine, tinyConfig, tinyIdx, tinyResources } from '../support.ts';

afterEach(closeBackends);

const now = new Date('2026-12-02T20:00:00Z');

test('a study is compared with its registration by what both mean, whether a form or a file said it', async () => {
  const backend = await openBackend({ startEngine: realEngine, resourcesDirectory: tinyResources() });
  const { id: dataset } = await backend.handle('datasets.add', { path: tinyIdx(), name: 'digits' });
  const head = `kind: ablation\ngrid: { coto: [null, {}] }\nseeds: [1, 2, 3]\n`;
  const read = async (steps: number) => {
    const text = `${head}run: { model: ${tinyConfig.model}, dataset: digits, max_steps: ${steps} }\n`;
    return (await backend.handle('studies.read', { path: '/somewhere/a.yaml', text })).config;
  };
  const config = await read(3);
  const text = JSON.stringify(await backend.handle('studies.register', { config }));
  const compare = (of: typeof config, with_ = text) =>
    backend.handle('studies.compareRegistration', { name: 'registration.json', text: with_, config: of });
  expect(await compare(config)).toMatchObject({ deviations: [] });
  expect(await compare(await read(4))).toMatchObject({ deviations: ['run.max_steps: 3 → 4'] });

  // Registered by the command: the file's own words, with a default spelled out.
  const words = { kind: 'ablation', grid: { coto: [null, {}] }, seeds: [1, 2, 3], scores: ['alone'] };
  const run = { model: tinyConfig.model, dataset: 'digits', max_steps: 3, gradient_accumulation_steps: 1 };
  const byCommand = JSON.stringify(registerStudy({ ...words, run }, now));
  expect(await compare(config, byCommand)).toEqual({
    sha256: parseRegistration('a', byCommand).sha256,
    registeredAt: now.toISOString(),
    deviations: [],
  });
  // The form fills in the parameters of a variant that a file leaves out.
  const lora = { variant: 'lora', r: 4 };
  const short = `${head}run: { model: ${tinyConfig.model}, dataset: digits, adapter: ${JSON.stringify(lora)} }\n`;
  const { config: filed } = await backend.handle('studies.read', { path: '/somewhere/a.yaml', text: short });
  const filled = `${head}run: { model: ${tinyConfig.model}, dataset: digits, adapter: ${JSON.stringify({ ...lora, lora_alpha: 16, lora_dropout: 0 })} }\n`;
  const { config: formed } = await backend.handle('studies.read', { path: '/somewhere/a.yaml', text: filled });
  expect(formed).not.toEqual(filed);
  const ofForm = JSON.stringify(await backend.handle('studies.register', { config: formed }));
  expect((await compare(filed, ofForm)).deviations).toEqual([]);
  // A dataset that this home lacks is compared by its word.
  const elsewhere = JSON.stringify(registerStudy({ ...words, run: { ...run, dataset: 'letters' } }, now));
  expect((await compare(config, elsewhere)).deviations).toContain(`run.dataset: letters → ${dataset}`);

  await expect(compare(config, 'kind: ablation')).rejects.toThrow('registration.json cannot be read as JSON.');
  await expect(compare(config, '{}')).rejects.toThrow('registration.json is no registration: ');
  await expect(compare(config, text.replace('"max_steps":3', '"max_steps":4'))).rejects.toThrow(
    'was changed after the registration',
  );
});

test('a study that cannot be run is not registered', async () => {
  const backend = await openBackend({ startEngine: realEngine, resourcesDirectory: tinyResources() });
  const { id } = await backend.handle('datasets.add', { path: tinyIdx() });
  const text = `kind: ablation\ngrid: { coto: [null, {}] }\nseeds: [1]\nrun: { model: ${tinyConfig.model}, dataset: ${id}, max_steps: 3 }\n`;
  const { config } = await backend.handle('studies.read', { path: '/somewhere/a.yaml', text });
  const unknown = JSON.parse(JSON.stringify(config).replace(`"${id}"`, '"gone"'));
  await expect(backend.handle('studies.register', { config: unknown })).rejects.toThrow('gone');
});
