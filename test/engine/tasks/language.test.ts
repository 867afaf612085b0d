import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { Generation } from '../../../src-main/engine/generation/generation.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { outcomesOf, predictionsOf, scoreOutputs } from '../../../src-main/engine/outcomes/index.ts';
import { bestFitDecreasing, packedRows } from '../../../src-main/engine/tasks/causal-lm/pack-rows.ts';
import { choiceScores } from '../../../src-main/engine/tasks/multiple-choice/choice-scores.ts';
import { languageBatch } from '../../../src-main/engine/tasks/shared/pad-rows.ts';
import { PromptWriter } from '../../../src-main/engine/tasks/shared/prompt-writer.ts';
import { testOrder } from '../../../src-main/engine/tasks/shared/test-order.ts';
import { isLearned, TokenRows, textEnd } from '../../../src-main/engine/tasks/shared/token-rows.ts';
import { loadTokenizer, type TextTokenizer } from '../../../src-main/engine/tokenization/tokenizer.ts';
import { taskSettingsSchema } from '../../../src-shared/domain/runs/task.ts';
import { goldenPath } from '../golden.ts';
import { testCompute } from '../test-compute.ts';
import { jsonlFolder, openOn } from './text-task.ts';

const modelDirectory = fileURLToPath(new URL('../../../assets/models/small-llama', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'coto-language-task-'));
let model: AdaptedModel;
let tokenizer: TextTokenizer;
beforeAll(async () => {
  await activateCompute(testCompute);
  model = new AdaptedModel(await loadBaseModel(modelDirectory));
  tokenizer = await loadTokenizer(modelDirectory);
});
afterAll(() => {
  model.dispose();
  model.base.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const nothing = { text: null, textPair: null, prompt: null, completion: null, messages: null };
const writerOf = (settings: object) => new PromptWriter(tokenizer, taskSettingsSchema.parse(settings));
const counted = ({ ids, marks }: { ids: readonly number[]; marks: readonly number[] }) =>
  tokenizer.decode(ids.filter((_, at) => isLearned(marks[at])));
const ends = ({ ids, marks }: { ids: readonly number[]; marks: readonly number[] }) =>
  tokenizer.decode(ids.filter((_, at) => marks[at] === textEnd));

describe('trained tokens', () => {
  test('completion: itself and its end', () => {
    const example = { ...nothing, prompt: 'Name a sea.', completion: 'The North Sea' };
    const plain = writerOf({ chat_template: 'none' }).learned(example);
    expect(tokenizer.decode(plain.ids)).toBe('Name a sea.\nThe North Sea<|endoftext|>');
    expect(counted(plain)).toBe('The North Sea<|endoftext|>');
    expect(ends(plain)).toBe('<|endoftext|>');
    const chat = writerOf({}).learned(example);
    expect(tokenizer.decode(chat.ids)).toBe(
      '<|im_start|>user\nName a sea.<|im_end|>\n<|im_start|>assistant\nThe North Sea<|im_end|>\n',
    );
    expect(counted(chat)).toBe('The North Sea<|im_end|>\n');
    expect(ends(chat)).toBe('<|im_end|>\n');
    expect(counted(writerOf({ completion_only_loss: false }).learned(example))).toBe(tokenizer.decode(chat.ids));
  });

  /** Qwen 3's way to write conversations: only the turns after the last question have their reasoning. */
  const reasoning =
    "{%- set ns = namespace(last=0) %}{%- for m in messages %}{%- if m.role == 'user' %}{%- set ns.last = loop.index0 %}{%- endif %}{%- endfor %}{%- for m in messages %}{{- '<|im_start|>' + m.role + '\n' }}{%- if m.role == 'assistant' %}{%- set content = m.content.split('</think>')[-1].lstrip('\n') %}{%- if loop.index0 > ns.last %}{{- '<think>\n' + (m.reasoning_content or '').strip('\n') + '\n</think>\n\n' }}{%- endif %}{{- content }}{%- else %}{{- m.content }}{%- endif %}{{- '<|im_end|>\n' }}{%- endfor %}{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- if enable_thinking is defined and not enable_thinking %}{{- '<think>\n\n</think>\n\n' }}{%- endif %}{%- endif %}";
  const talk = (first: object, second: object) => [
    { role: 'user', content: 'Where is it, or where was it?' },
    { role: 'assistant', content: '', ...first },
    { role: 'user', content: 'And the other one?' },
    { role: 'assistant', content: '', ...second },
  ];

  test('conversation whose template writes earlier turns differently: every answer in the text', () => {
    const writer = writerOf({ chat_template: reasoning });
    const messages = talk({ content: 'Paris.' }, { content: 'Rome.' });
    const plain = writer.learned({ ...nothing, messages });
    expect(tokenizer.decode(plain.ids)).toBe(
      '<|im_start|>user\nWhere is it, or where was it?<|im_end|>\n<|im_start|>assistant\nParis.<|im_end|>\n' +
        '<|im_start|>user\nAnd the other one?<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\nRome.<|im_end|>\n',
    );
    expect(counted(plain)).toBe('Paris.<|im_end|>\n<think>\n\n</think>\n\nRome.<|im_end|>\n');
    expect(ends(plain)).toBe('<|im_end|>\n<|im_end|>\n');
    expect(plain.answers).toEqual({ answers: 2, unlearned: 0, excluded: 0, droppedReasoning: 0 });
    const thought = writer.learned({
      ...nothing,
      messages: talk(
        { content: 'Paris.', reasoning_content: 'In France.' },
        { content: 'Rome.', reasoning_content: 'In Italy.' },
      ),
    });
    expect(counted(thought)).toBe('Paris.<|im_end|>\n<think>\nIn Italy.\n</think>\n\nRome.<|im_end|>\n');
    expect(thought.answers).toEqual({ answers: 2, unlearned: 0, excluded: 0, droppedReasoning: 1 });
  });

  test('answers with weight 0 or train false: nothing', () => {
    for (const flag of [{ weight: 0 }, { train: false }]) {
      const messages = talk({ content: 'Paris.', ...flag }, { content: 'Rome.', weight: 1, train: true });
      for (const chat_template of ['auto', reasoning]) {
        const encoded = writerOf({ chat_template }).learned({ ...nothing, messages });
        expect(counted(encoded)).not.toContain('Paris');
        expect(counted(encoded)).toContain('Rome.<|im_end|>');
        expect(encoded.answers).toEqual({ answers: 1, unlearned: 0, excluded: 1, droppedReasoning: 0 });
        const whole = writerOf({ chat_template, completion_only_loss: false }).learned({ ...nothing, messages });
        expect(counted(whole)).not.toContain('Paris');
        expect(counted(whole)).toContain('And the other one?');
      }
    }
  });

  test('answer left out by the template: nothing, not even its end', () => {
    const calls = { tool_calls: [{ type: 'function', function: { name: 'find', arguments: { place: 'it' } } }] };
    const encoded = writerOf({}).learned({ ...nothing, messages: talk(calls, { content: 'Rome.' }) });
    expect(counted(encoded)).toBe('Rome.<|im_end|>\n');
    expect(encoded.answers).toEqual({ answers: 2, unlearned: 1, excluded: 0, droppedReasoning: 0 });
  });

  test('conversation with variables for its template: the text after the prompt that they make', () => {
    const messages = [
      { role: 'user', content: 'Where is it?' },
      { role: 'assistant', content: 'Rome.' },
    ];
    const of = (templateKwargs?: Record<string, unknown>) =>
      counted(
        writerOf({ chat_template: reasoning }).learned({
          ...nothing,
          messages,
          ...(templateKwargs === undefined ? {} : { templateKwargs }),
        }),
      );
    expect(of()).toBe('<think>\n\n</think>\n\nRome.<|im_end|>\n');
    expect(of({ enable_thinking: false })).toBe('Rome.<|im_end|>\n');
  });

  test('preference or choice with variables for its template: the prompt has them too', () => {
    const asked = { ...nothing, prompt: 'Where is it?', templateKwargs: { enable_thinking: false } };
    const writer = writerOf({ chat_template: reasoning });
    const text = (ids: readonly number[]) => tokenizer.decode([...ids]);
    const preferred = writer.preferred(asked, ['Rome.', 'Paris.']);
    expect(text(preferred.prompt)).toContain('<think>\n\n</think>\n\n');
    expect(preferred.answers.map(text)).toEqual(['Rome.<|im_end|>\n', 'Paris.<|im_end|>\n']);
    const chosen = writer.choices(asked, ['Rome.', 'Paris.']);
    expect([text(chosen.prompt), ...chosen.choices.map(text)]).toEqual([text(preferred.prompt), 'Rome.', 'Paris.']);
  });

  test('conversation: every turn of the assistant', () => {
    const messages = [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: 'Good day' },
      { role: 'user', content: 'Bye' },
      { role: 'assistant', content: 'See you' },
    ];
    expect(counted(writerOf({}).learned({ ...nothing, messages }))).toBe('Good day<|im_end|>\nSee you<|im_end|>\n');
    expect(ends(writerOf({}).learned({ ...nothing, messages }))).toBe('<|im_end|>\n<|im_end|>\n');
    expect(() => writerOf({ chat_template: 'none' }).learned({ ...nothing, messages })).toThrow(
      'The data are conversations',
    );
  });

  test('tool call: the call, after the tools that the template lists', () => {
    const own =
      '{% for t in tools %}<{{ t.name }}>{% endfor %}{% for m in messages %}[{{ m.role }}]{{ m.content }}{% for c in m.tool_calls %}{{ c | tojson }}{% endfor %}{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}';
    const messages = [
      { role: 'user', content: 'Add.' },
      { role: 'assistant', content: '', tool_calls: [{ name: 'sum' }] },
      { role: 'tool', content: '4' },
    ];
    const encoded = writerOf({ chat_template: own }).learned({ ...nothing, messages, tools: [{ name: 'sum' }] });
    expect(tokenizer.decode(encoded.ids)).toBe('<sum>[user]Add.[assistant]{"name": "sum"}[tool]4');
    expect(counted(encoded)).toBe('{"name": "sum"}');
  });

  test('whatever template is chosen: the model’s, a published one, or Jinja', () => {
    const example = { ...nothing, prompt: 'Name a sea.', completion: 'The North Sea' };
    const written = (chat_template: string) => tokenizer.decode(writerOf({ chat_template }).learned(example).ids);
    expect(written('model')).toBe(written('auto'));
    expect(written('chatml')).toContain('<|im_start|>assistant\nThe North Sea<|im_end|>');
    const own =
      '{% for m in messages %}[{{ m.role }}] {{ m.content }} | {% endfor %}{% if add_generation_prompt %}[assistant] {% endif %}';
    expect(written(own)).toBe('[user] Name a sea. | [assistant] The North Sea | ');
    expect(counted(writerOf({ chat_template: own }).learned(example))).toBe(' The North Sea | ');
    // Its turns end with no special token; those of the model's own do.
    expect(writerOf({ chat_template: own }).endTokens()).toHaveLength(1);
    expect(writerOf({}).endTokens()).toHaveLength(2);
    expect(() => writerOf({ chat_template: 'chatlm' })).toThrow(/chat_template: "chatlm" is no template\./);
    expect(() => writerOf({ chat_template: '{% if' })).toThrow(/chat template/);
    const bare = {
      ...tokenizer,
      files: {
        ...tokenizer.files,
        chatTemplate: null,
        config: { ...tokenizer.files.config, chat_template: undefined },
      },
    };
    const of = (chat_template: string) =>
      new PromptWriter(
        Object.assign(Object.create(Object.getPrototypeOf(tokenizer)), bare),
        taskSettingsSchema.parse({ chat_template }),
      );
    expect(() => of('model')).toThrow(/chat_template is model, but .* has no chat template/);
    expect(tokenizer.decode(of('chatml').learned(example).ids)).toContain('<|im_start|>user');
  });

  test('plain text: everything; a template needs a placeholder for the text', () => {
    const encoded = writerOf({}).learned({ ...nothing, text: 'The whale rose.' });
    expect(counted(encoded)).toBe('The whale rose.<|endoftext|>');
    expect(ends(encoded)).toBe('<|endoftext|>');
    expect(() => writerOf({ prompt_template: 'Answer:' })).toThrow('has no placeholder for the example');
    const filled = writerOf({ prompt_template: '{text} / {text_pair}? ', chat_template: 'none' }).learned(
      { ...nothing, text: 'Up', textPair: 'Down' },
      'no',
    );
    expect(tokenizer.decode(filled.ids)).toBe('Up / Down? no<|endoftext|>');
  });

  test('each position predicts the next token; packed rows do not predict a first one', () => {
    const rows = new TokenRows();
    rows.add([5, 6, 7], [0, 1, 1]);
    rows.add([8, 9], [1, 1]);
    rows.add([10, 11, 12], [1, 1, 1]);
    const packed = packedRows(rows, 5);
    expect(packed.count).toBe(2);
    const { inputs, loss, examples } = languageBatch([packed.row(0), packed.row(1)], 3);
    expect(examples).toBe(2);
    expect([...(inputs['input_ids']?.data ?? [])]).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 3, 3]);
    expect([...(inputs['attention_mask']?.data ?? [])]).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 0, 0]);
    expect([...loss.labels]).toEqual([6, 7, -100, 9, -100, 11, 12, -100, -100, -100]);
    const fitted = packedRows(rows, 6, 'bfd');
    expect(Array.from({ length: fitted.count }, (_, row) => [...fitted.row(row).ids])).toEqual([
      [5, 6, 7, 10, 11, 12],
      [8, 9],
    ]);
  });

  test('best fit decreasing has the rows of TRL', () => {
    const cases = z
      .array(z.object({ size: z.number(), lengths: z.array(z.number()), rows: z.array(z.array(z.number())) }))
      .parse(JSON.parse(readFileSync(goldenPath('misc', 'packing.json'), 'utf8')));
    expect(cases.length).toBeGreaterThan(0);
    for (const { size, lengths, rows } of cases) expect(bestFitDecreasing(lengths, size)).toEqual(rows);
  });
});

test('the score of language is the loss of its tokens, one text at a time', async () => {
  const texts = ['The whale rose out of the sea.', 'It was late.', 'He said that the government would not pay for it.'];
  const data = jsonlFolder(
    join(folder, 'texts'),
    texts.map((text) => ({ text })),
    texts.map((text) => ({ text })),
  );
  const task = await openOn(modelDirectory, model.base.description, data);
  const before = tf.memory().numTensors;
  const outputs = await task.outputs(model, Int32Array.of(0, 1, 2), { batchSize: 2 });
  expect(tf.memory().numTensors).toBe(before);
  let [lossSum, tokens, ownSum] = [0, 0, 0];
  const alone: [mean: number, tokens: number][] = [];
  for (const text of texts) {
    const ids = [...tokenizer.encode(text).ids, tokenizer.special('eos')?.id ?? 0];
    const loss = tf.tidy(() => {
      const states = model.states({ input_ids: tf.tensor2d([ids.slice(0, -1)], undefined, 'int32') });
      return model.loss(states, tf.tensor1d(ids.slice(1), 'int32')).dataSync()[0] ?? Number.NaN;
    });
    const own = ids.slice(0, -1);
    ownSum += tf.tidy(() => {
      const states = model.states({ input_ids: tf.tensor2d([own.slice(0, -1)], undefined, 'int32') });
      return (model.loss(states, tf.tensor1d(own.slice(1), 'int32')).dataSync()[0] ?? Number.NaN) * (own.length - 1);
    });
    lossSum += loss * (ids.length - 1);
    tokens += ids.length - 1;
    alone.push([loss, ids.length - 1]);
  }
  // Nothing is asked of plain texts.
  expect(outputs).toMatchObject({ kind: 'tokens', completions: false });
  // Each example's loss and tokens are in the order of the indices, however the rows were run.
  const { losses, tokens: perExample } = outcomesOf(await predictionsOf(outputs));
  for (const [at, place] of testOrder(3).entries()) {
    const [mean, count] = alone[place] ?? [];
    expect(losses[at]).toBeCloseTo(mean ?? Number.NaN, 4);
    expect(perExample?.counted[at]).toBe(count);
  }
  const { loss, metrics } = await scoreOutputs(outputs);
  expect(loss).toBeCloseTo(lossSum / tokens, 4);
  // The perplexity is of the texts' own tokens: as lm-eval's, without the end tokens that the loss has.
  expect(metrics['perplexity']).toBeCloseTo(Math.exp(ownSum / (tokens - texts.length)), 1);
  expect(task.metrics).toEqual(['loss', 'perplexity', 'accuracy']);
  task.close();
});

test('an answer counts as exact where greedy decoding writes it', async () => {
  const prompt = 'The whale rose out of\n';
  const ids = tokenizer.encode(prompt).ids;
  const generation = new Generation(model, [ids], {
    maxNewTokens: 4,
    parameters: { temperature: 0 },
    seed: 0,
    endTokens: { eos: [], pad: 3 },
  });
  while (!generation.done) await generation.step();
  const written = generation.tokens(0).slice(ids.length);
  generation.dispose();
  const completion = tokenizer.decode(written);
  const rows = [completion, 'nothing of the kind'].map((text) => ({
    prompt: 'The whale rose out of',
    completion: text,
  }));
  const data = jsonlFolder(join(folder, 'exact'), rows, rows);
  // The end token, which the model would not write yet, is cut off with max_length.
  const settings = { chat_template: 'none', max_length: ids.length + written.length };
  const task = await openOn(modelDirectory, model.base.description, data, settings);
  const outputs = await task.outputs(model, Int32Array.of(0, 1), { batchSize: 2 });
  expect(outputs).toMatchObject({ kind: 'tokens', completions: true });
  expect((await scoreOutputs(outputs)).metrics).toMatchObject({ exact_match: 0.5 });
  expect(task.metrics).toEqual(['loss', 'exact_match', 'perplexity', 'accuracy']);
  task.close();
});

test('answers are scored from one run of their prompt as if each were read whole', async () => {
  const writer = writerOf({ chat_template: 'none' });
  const answers = ['the sea', 'a', 'the government of the people'];
  // In a chat too, an answer is its text and nothing after it.
  const chat = writerOf({}).choices({ ...nothing, text: 'Where is it?' }, answers);
  expect(tokenizer.decode([...chat.prompt])).toBe('<|im_start|>user\nWhere is it?<|im_end|>\n<|im_start|>assistant\n');
  expect(chat.choices.map((choice) => tokenizer.decode([...choice]))).toEqual(answers);
  // For an empty continuation, the end token is scored.
  const empty = writerOf({}).choices({ ...nothing, text: 'Where is it?' }, ['', 'a']);
  expect(empty.choices.map((choice) => tokenizer.decode([...choice]))).toEqual(['<|im_end|>\n', 'a']);
  const examples = ['The whale rose out of', 'He was elected by', 'It', 'They'].map((text, index) =>
    // The last one has fewer to choose from.
    writer.choices({ ...nothing, text }, index < 3 ? answers : answers.slice(1)),
  );
  const before = tf.memory().numTensors;
  const sums = await choiceScores(model, examples, { batchSize: 2, padding: 3, normalized: false });
  const means = await choiceScores(model, examples, { batchSize: 1, padding: 3, normalized: true });
  expect(tf.memory().numTensors).toBe(before);
  for (const [example, { prompt, choices, characters }] of examples.entries())
    for (const [answer, choice] of choices.entries()) {
      const answerText = (example < 3 ? answers : answers.slice(1))[answer] ?? '';
      expect(tokenizer.decode([...choice])).toBe(answerText);
      expect(characters[answer]).toBe(answerText.length);
      const ids = [...prompt, ...choice];
      const labels = ids.slice(1).map((id, at) => (at < prompt.length - 1 ? -100 : id));
      const loss = tf.tidy(() => {
        const states = model.states({ input_ids: tf.tensor2d([ids.slice(0, -1)], undefined, 'int32') });
        return model.loss(states, tf.tensor1d(labels, 'int32')).dataSync()[0] ?? Number.NaN;
      });
      expect(sums[example]?.[answer]).toBeCloseTo(-loss * choice.length, 2);
      expect(means[example]?.[answer]).toBeCloseTo((-loss * choice.length) / answerText.length, 3);
    }
});

test('a question without a word is answered too', async () => {
  const choices = [
    [5, 6],
    [7, 8, 9],
  ];
  const options = { batchSize: 1, padding: 3, normalized: false };
  const characters = [4, 9];
  const [empty] = await choiceScores(model, [{ prompt: [], choices, characters }], options);
  const [padded] = await choiceScores(model, [{ prompt: [3], choices, characters }], options);
  expect(empty).toEqual(padded);
  expect([...(empty ?? [])].every((score) => score < 0)).toBe(true);
});

test('answers beyond the length at which LongRoPE changes are scored like their whole texts', async () => {
  const long = new AdaptedModel(await loadBaseModel(goldenPath('phi4-mini', 'base')));
  const tokens = Array.from({ length: 20 }, (_, at) => 5 + ((at * 7) % 50));
  const [prompt, choice] = [tokens.slice(0, 12), tokens.slice(12)];
  const options = { batchSize: 1, padding: 0, normalized: false };
  const [scores] = await choiceScores(long, [{ prompt, choices: [choice], characters: [8] }], options);
  const loss = tf.tidy(() => {
    const states = long.states({ input_ids: tf.tensor2d([tokens.slice(0, -1)], undefined, 'int32') });
    const labels = tokens.slice(1).map((id, at) => (at < 11 ? -100 : id));
    return long.loss(states, tf.tensor1d(labels, 'int32')).dataSync()[0] ?? Number.NaN;
  });
  expect(scores?.[0]).toBeCloseTo(-8 * loss, 3);
  long.base.dispose();
});

test('each row may bring its own choices', async () => {
  const row = (question: string, choices: unknown, answer: unknown) => ({ question, choices, answer });
  const arc = { text: ['in the sea', 'on a tree', 'in a book'], label: ['A', 'B', 'C'] };
  const data = jsonlFolder(
    join(folder, 'questions'),
    [row('Where does a whale live?', ['in the sea', 'on a tree'], 0), row('Where is a word?', arc, 'C')],
    [row('Where is a bird?', arc, 'B'), row('Where is a ship?', ['in the sea', 'on a tree'], 'in the sea')],
  );
  const task = await openOn(modelDirectory, model.base.description, data, { chat_template: 'none' });
  expect(task.type.declaration.id).toBe('multiple-choice');
  const { inputs, loss: batchLoss } = await task.train.load(Int32Array.of(1));
  const labels = 'labels' in batchLoss && batchLoss.labels instanceof Int32Array ? batchLoss.labels : [];
  const ids = [...(inputs['input_ids']?.data ?? [])];
  expect(tokenizer.decode(ids)).toBe('Where is a word?\nin a book<|endoftext|>');
  expect(tokenizer.decode([...labels].filter((label) => label >= 0))).toBe('in a book<|endoftext|>');
  const outputs = await task.outputs(model, Int32Array.of(0, 1), { batchSize: 8 });
  if (outputs.kind !== 'classes') throw new Error('another kind');
  expect(outputs.classCount).toBe(3);
  expect([...outputs.labels].sort()).toEqual([0, 1]);
  expect([...outputs.logits].filter((value) => value === Number.NEGATIVE_INFINITY)).toHaveLength(1);
  const { loss } = await scoreOutputs(outputs);
  expect(Number.isFinite(loss)).toBe(true);
  task.close();
});

test('text labels are the choices of a language model, and other labels are refused', async () => {
  const rows = (label: unknown) => [
    { text: 'The sea is blue.', label },
    { text: 'The vote is over.', label: 'politics' },
  ];
  const data = jsonlFolder(join(folder, 'choices'), rows('nature'), rows('nature'));
  const task = await openOn(modelDirectory, model.base.description, data);
  expect(task.type.declaration.id).toBe('multiple-choice');
  expect(task.train.classes).toMatchObject({ names: ['nature', 'politics'] });
  const outputs = await task.outputs(model, Int32Array.of(0, 1), { batchSize: 8 });
  expect(outputs).toMatchObject({ kind: 'classes', classCount: 2 });
  task.close();
  const sets = jsonlFolder(join(folder, 'sets'), rows(['nature', 'blue']), rows(['nature']));
  await expect(openOn(modelDirectory, model.base.description, sets)).rejects.toThrow('Multiple choice needs a class');
});
