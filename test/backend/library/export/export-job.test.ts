import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { readAdapter } from '../../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { openGguf } from '../../../../src-main/engine/formats/gguf/gguf-file.ts';
import { matmul } from '../../../../src-main/engine/linalg/index.ts';
import type { HostTensor } from '../../../../src-main/engine/tensors/host-tensor.ts';
import { goldenPath, relativeDifference, taken } from '../../../engine/golden.ts';
import { closeBackends, openBackend, scriptedEngine, temporaryFolder } from '../../support.ts';

afterEach(closeBackends);

it('an adapter leaves the studio as a GGUF file, and nothing is overwritten', async () => {
  const backend = await openBackend({ startEngine: scriptedEngine(() => Promise.reject(new Error('no engine'))) });
  const model = await backend.handle('models.add', { path: goldenPath('llama', 'base') });
  const adapter = await backend.handle('adapters.import', {
    path: goldenPath('llama', 'adapters', 'lora'),
    modelId: model.id,
    name: 'mine',
  });
  expect((await backend.handle('app.catalog', {})).exportTargets.map(({ id }) => id)).toContain('gguf-lora');
  const path = join(temporaryFolder(), 'mine.gguf');
  const start = (target: string, to: string) =>
    backend.handle('export.start', { adapterId: adapter.id, target, path: to });
  const job = await start('gguf-lora', path);
  await backend.idle();
  expect(await backend.handle('jobs.get', { id: job.id })).toMatchObject({ kind: 'export', status: 'completed' });
  const file = await openGguf(path);
  expect(file.metadata.text('general.name')).toBe('mine');
  expect(file.tensors.size).toBe(12);
  await file.close();
  await expect(start('gguf-lora', path)).rejects.toThrow(/mine\.gguf already exists/);
  await expect(start('gguf', join(path, '..', 'x'))).rejects.toThrow(/no export format "gguf"/);
  // Files that appear in the meantime are not overwritten either.
  const late = join(temporaryFolder(), 'late.gguf');
  const waiting = await start('gguf-lora', late);
  writeFileSync(late, 'mine');
  await backend.idle();
  expect((await backend.handle('jobs.get', { id: waiting.id })).status).toBe('failed');
  expect(readFileSync(late, 'utf8')).toBe('mine');
});

it('an export replaces a file that the save dialog agreed to replace, and never a folder', async () => {
  const backend = await openBackend({ startEngine: scriptedEngine(() => Promise.reject(new Error('no engine'))) });
  const model = await backend.handle('models.add', { path: goldenPath('llama', 'base') });
  const given = goldenPath('llama', 'adapters', 'lora');
  const { id: adapterId } = await backend.handle('adapters.import', { path: given, modelId: model.id });
  const folder = temporaryFolder();
  const path = join(folder, 'mine.gguf');
  writeFileSync(path, 'an older export');
  const start = (to: string) =>
    backend.handle('export.start', { adapterId, target: 'gguf-lora', path: to, replace: true });
  const job = await start(path);
  await backend.idle();
  expect((await backend.handle('jobs.get', { id: job.id })).status).toBe('completed');
  const file = await openGguf(path);
  expect(file.tensors.size).toBe(12);
  await file.close();
  await expect(start(folder)).rejects.toThrow(/already exists/);
});

it('a folder whose name is taken gets a number, of exports in a row too', async () => {
  const backend = await openBackend({ startEngine: scriptedEngine(() => Promise.reject(new Error('no engine'))) });
  const model = await backend.handle('models.add', { path: goldenPath('llama', 'base') });
  const given = goldenPath('llama', 'adapters', 'lora');
  const { id: adapterId } = await backend.handle('adapters.import', { path: given, modelId: model.id });
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'mine-peft'), 'a file of the user');
  const start = () =>
    backend.handle('export.start', { adapterId, target: 'peft', path: join(folder, 'mine-peft'), numbered: true });
  const jobs = [await start(), await start()];
  await backend.idle();
  const results = await Promise.all(jobs.map(({ id }) => backend.handle('jobs.result', { id })));
  expect(results).toMatchObject([
    { result: { path: join(folder, 'mine-peft-2') } },
    { result: { path: join(folder, 'mine-peft-3') } },
  ]);
  expect(readFileSync(join(folder, 'mine-peft'), 'utf8')).toBe('a file of the user');
  expect(readdirSync(join(folder, 'mine-peft-3'))).toContain('adapter_config.json');
});

it('a PEFT folder names its base so that PEFT finds it: by its folder, or by its name on the hub', async () => {
  const backend = await openBackend({ startEngine: scriptedEngine(() => Promise.reject(new Error('no engine'))) });
  const folder = temporaryFolder();
  const cached = join(folder, 'models--an-org--a-model', 'snapshots', 'a1b2c3');
  const plain = join(folder, 'plain');
  for (const [path, name, title] of [
    [cached, 'an-org/a-model', 'an-org/a-model'],
    [plain, plain, 'plain'],
  ] as const) {
    cpSync(goldenPath('llama', 'base'), path, { recursive: true });
    const { id: modelId } = await backend.handle('models.add', { path });
    const given = goldenPath('llama', 'adapters', 'lora');
    const { id: adapterId } = await backend.handle('adapters.import', { path: given, modelId });
    // Runs write the app's own id of the base into the card.
    const card = (base: string) => `---\nbase_model: "${base}"\n---\n\n# LoRA adapter for ${base}\n`;
    writeFileSync(join(backend.home, 'adapters', adapterId, 'README.md'), card(modelId));
    const exported = join(temporaryFolder(), 'peft');
    await backend.handle('export.start', { adapterId, target: 'peft', path: exported });
    await backend.idle();
    expect(readFileSync(join(exported, 'README.md'), 'utf8')).toBe(card(title));
    const config = JSON.parse(readFileSync(join(exported, 'adapter_config.json'), 'utf8'));
    expect(config.base_model_name_or_path).toBe(name);
  }
});

it('a PEFT folder takes the tokenizer of its base along', async () => {
  const backend = await openBackend({ startEngine: scriptedEngine(() => Promise.reject(new Error('no engine'))) });
  const folder = join(temporaryFolder(), 'base');
  cpSync(goldenPath('llama', 'base'), folder, { recursive: true });
  const tokenizer = ['tokenizer.json', 'tokenizer_config.json'];
  for (const name of tokenizer) cpSync(goldenPath('misc', 'tokenizers', 'byte-level-bpe', name), join(folder, name));
  writeFileSync(join(folder, 'chat_template.jinja'), '{{ messages[0].content }}');
  const model = await backend.handle('models.add', { path: folder });
  const given = goldenPath('llama', 'adapters', 'lora');
  const adapter = await backend.handle('adapters.import', { path: given, modelId: model.id, name: 'mine' });
  const path = join(temporaryFolder(), 'mine');
  await backend.handle('export.start', { adapterId: adapter.id, target: 'peft', path });
  await backend.idle();
  expect(readdirSync(path)).toEqual(
    expect.arrayContaining(['adapter_config.json', 'adapter_model.safetensors', ...tokenizer, 'chat_template.jinja']),
  );
  expect(existsSync(join(path, 'config.json'))).toBe(false);
});

it('a merge into a quantized base says what is lost, and goes into the unquantized one on request', async () => {
  const written: string[] = [];
  const engine = scriptedEngine(({ task }) => {
    if (task.kind !== 'export-merged') throw new Error('no other work');
    written.push(task.modelDirectory);
    return Promise.resolve({ kind: 'export-merged', outputDirectory: task.outputDirectory });
  });
  const backend = await openBackend({ startEngine: engine });
  const plain = await backend.handle('models.add', { path: goldenPath('llama', 'base'), name: 'plain' });
  const folder = join(temporaryFolder(), 'quantized');
  cpSync(goldenPath('llama-nf4', 'base'), folder, { recursive: true });
  const config = join(folder, 'config.json');
  const from = { name: 'plain', fingerprint: plain.description.fingerprint };
  writeFileSync(config, JSON.stringify({ ...JSON.parse(readFileSync(config, 'utf8')), coto_quantized_from: from }));
  const quantized = await backend.handle('models.add', { path: folder, name: 'small' });
  expect(quantized.description).toMatchObject({ dtype: 'NF4', quantizedFrom: from });
  const { id: adapterId } = await backend.handle('adapters.import', {
    path: goldenPath('llama-nf4', 'train', 'lora', 'end'),
    modelId: quantized.id,
  });
  const exported = async (into: string) => {
    const path = join(temporaryFolder(), 'merged');
    const job = await backend.handle('export.start', { adapterId, target: 'merged', path, parameters: { into } });
    await backend.idle();
    return {
      ...(await backend.handle('jobs.get', { id: job.id })),
      ...(await backend.handle('jobs.result', { id: job.id })),
    };
  };
  expect((await exported('own')).result).toMatchObject({
    note: expect.stringMatching(
      /^Merged into the NF4 weights of "small" .*stays lost\. `into: unquantized` merges into "plain"/,
    ),
  });
  expect((await exported('unquantized')).result).toMatchObject({
    note: expect.stringContaining('Merged into "plain"'),
  });
  expect(written).toEqual([quantized.path, plain.path]);
  await backend.handle('models.remove', { id: plain.id });
  expect((await exported('unquantized')).error?.message).toMatch(
    /"plain", from which "small" was quantized, is not in the studio/,
  );
});

it('an ABBA leaves as the equal LoRA, which PEFT has, with a note', async () => {
  const backend = await openBackend({ startEngine: scriptedEngine(() => Promise.reject(new Error('no engine'))) });
  const model = await backend.handle('models.add', { path: goldenPath('llama', 'base') });
  const given = goldenPath('llama', 'adapters', 'abba');
  const { id: adapterId } = await backend.handle('adapters.import', { path: given, modelId: model.id });
  const path = join(temporaryFolder(), 'abba-peft');
  const job = await backend.handle('export.start', { adapterId, target: 'peft', path });
  await backend.idle();
  expect(await backend.handle('jobs.result', { id: job.id })).toMatchObject({
    result: { note: expect.stringMatching(/^PEFT has no ABBA: the folder is the equal LoRA of rank \d+$/) },
  });
  expect(readdirSync(path).sort()).toEqual(
    expect.arrayContaining(['README.md', 'adapter_config.json', 'adapter_model.safetensors']),
  );
  const whole = await readAdapter(given, model.description);
  const equal = await readAdapter(path, model.description);
  expect(equal.variant.declaration.id).toBe('lora');
  expect([...equal.modules.keys()]).toEqual([...whole.modules.keys()]);
  for (const [name, { scaling, tensors }] of equal.modules) {
    const own = whole.modules.get(name);
    const pair = (one: string, other: string, parts: ReadonlyMap<string, HostTensor> | undefined) =>
      matmul(taken(parts ?? new Map(), one), taken(parts ?? new Map(), other)).data;
    const [first, second] = [pair('b1', 'a1', own?.tensors), pair('b2', 'a2', own?.tensors)];
    const expected = first.map((value, at) => (own?.scaling ?? 0) * value * (second[at] ?? 0));
    const actual = pair('b', 'a', tensors).map((value) => scaling * value);
    expect(relativeDifference(actual, expected), name).toBeLessThan(1e-6);
  }
});
