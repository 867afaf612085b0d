import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { knownTemplates } from '../../../../src-main/engine/tokenization/templates/index.ts';
import { goldenPath } from '../../../engine/golden.ts';
import { closeBackends, openBackend, scriptedEngine, temporaryFolder } from '../../support.ts';

afterEach(closeBackends);

const own = "{% for m in messages %}[{{ m['role'] }}] {{ m['content'] }}{{ eos_token }}{% endfor %}";
const ofModel = "{% for m in messages %}{{ m['content'] }}{% endfor %}";

it('the chat template of a run goes with its adapter, into its folder and into what is exported', async () => {
  const merged: ({ readonly text: string | null } | null)[] = [];
  const backend = await openBackend({
    startEngine: scriptedEngine(async ({ task }) => {
      if (task.kind === 'export-merged') {
        merged.push(task.chatTemplate);
        return { kind: 'export-merged', outputDirectory: task.outputDirectory };
      }
      const adapterDirectory = goldenPath('llama', 'adapters', 'lora');
      return { kind: 'train', outcome: 'completed', result: null, adapterDirectory, adapterStep: null };
    }),
  });
  const folder = temporaryFolder();
  const base = join(folder, 'base');
  cpSync(goldenPath('llama', 'base'), base, { recursive: true });
  cpSync(goldenPath('misc', 'tokenizers', 'byte-level-bpe', 'tokenizer.json'), join(base, 'tokenizer.json'));
  writeFileSync(
    join(base, 'tokenizer_config.json'),
    JSON.stringify({ eos_token: '<|endoftext|>', chat_template: ofModel }),
  );
  const model = await backend.handle('models.add', { path: base });
  const talk = {
    messages: [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b' },
    ],
  };
  writeFileSync(join(folder, 'talks.jsonl'), Array.from({ length: 20 }, () => JSON.stringify(talk)).join('\n'));
  const talks = (await backend.handle('datasets.add', { path: join(folder, 'talks.jsonl') })).id;
  // Conversations need a template.
  const question = JSON.stringify({ prompt: 'a', completion: 'b' });
  writeFileSync(join(folder, 'questions.jsonl'), Array.from({ length: 20 }, () => question).join('\n'));
  const questions = (await backend.handle('datasets.add', { path: join(folder, 'questions.jsonl') })).id;

  for (const [chat_template, expected] of [
    [own, own],
    ['chatml', knownTemplates.find(({ id }) => id === 'chatml')?.text],
    ['auto', null],
    ['none', null],
  ] as const) {
    const dataset = chat_template === 'none' ? questions : talks;
    const config = { model: model.id, dataset, max_steps: 2, adapter: { r: 2 }, chat_template };
    const { run } = await backend.handle('runs.create', { config });
    await backend.idle();
    const { adapterId, folder: runFolder } = await backend.handle('runs.get', { id: run.id });
    const kept = join(backend.home, runFolder, 'chat_template.jinja');
    if (chat_template === 'none') expect(existsSync(kept)).toBe(false);
    else expect(readFileSync(kept, 'utf8')).toBe(expected ?? ofModel);
    const path = join(temporaryFolder(), 'peft');
    if (adapterId === null) throw new Error('The run has no adapter.');
    await backend.handle('export.start', { adapterId, target: 'peft', path });
    await backend.handle('export.start', { adapterId, target: 'merged', path: join(path, '..', 'merged') });
    await backend.idle();
    const tokenizer = JSON.parse(readFileSync(join(path, 'tokenizer_config.json'), 'utf8'));
    if (expected === null) {
      expect(existsSync(join(path, 'chat_template.jinja'))).toBe(false);
      expect(tokenizer.chat_template).toBe(chat_template === 'none' ? undefined : ofModel);
    } else {
      expect(readFileSync(join(path, 'chat_template.jinja'), 'utf8')).toBe(expected);
      expect(tokenizer).toEqual({ eos_token: '<|endoftext|>' });
    }
    expect(merged.pop()).toEqual(chat_template === 'auto' ? null : { text: expected });
  }
});
