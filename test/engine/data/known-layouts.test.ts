import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inspectDataset, openDataset } from '../../../src-main/engine/data/open-dataset.ts';
import { detectReader } from '../../../src-main/engine/data/readers/index.ts';
import { openQuestions } from '../../../src-shared/domain/data/accounting.ts';
import type { TextExample } from '../../../src-shared/domain/data/dataset.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { temporaryFolder } from './make-data.ts';

const home = temporaryFolder();
let files = 0;

function asFile(rows: readonly object[]): string {
  const path = join(home, `${files++}.jsonl`);
  writeFileSync(path, rows.map((row) => JSON.stringify(row)).join('\n'));
  return path;
}

/** Reads rows as training does, and the questions and the layout as the form shows them. */
async function read(rows: readonly object[], options: ParameterValues = {}) {
  const source = { ...(await detectReader(asFile(rows))), options: { test_fraction: 0, ...options } };
  const inspection = await inspectDataset(source);
  if (inspection?.misfit) throw new Error(`${inspection.misfit.message} ${inspection.misfit.hint}`);
  const opened = await openDataset(source);
  if (opened.kind !== 'texts') throw new Error('these are images');
  const examples: TextExample[] = [];
  for await (const example of opened.examples('train')) examples.push(example);
  const accounting = inspection?.accounting;
  return {
    examples,
    problems: inspection?.problems.map(({ message }) => message) ?? [],
    layout: accounting?.layout,
    questions: accounting === undefined ? ['no accounting'] : openQuestions(accounting).map(({ name }) => name),
  };
}

describe('questions with choices in columns of their own', () => {
  test.each<[string, object[], [text: string, choices: string[], label: string][]]>([
    [
      'WinoGrande, whose answers are counted from 1',
      [
        {
          sentence: 'The trophy is too big for the case as _ is small.',
          option1: 'the case',
          option2: 'the trophy',
          answer: '1',
        },
        {
          sentence: 'The trophy is too big for the case as _ is large.',
          option1: 'the case',
          option2: 'the trophy',
          answer: '2',
        },
      ],
      [
        ['The trophy is too big for the case as _ is small.', ['the case', 'the trophy'], 'the case'],
        ['The trophy is too big for the case as _ is large.', ['the case', 'the trophy'], 'the trophy'],
      ],
    ],
    [
      'Social IQA',
      [
        {
          context: 'Ann met Bo in town.',
          question: 'What will Ann do next?',
          answerA: 'say hello',
          answerB: 'sleep',
          answerC: 'fly away',
          label: '1',
        },
      ],
      [['Ann met Bo in town.\nWhat will Ann do next?', ['say hello', 'sleep', 'fly away'], 'say hello']],
    ],
    [
      'PIQA',
      [
        { goal: 'How do I open a jar?', sol1: 'Turn the lid.', sol2: 'Turn the table.', label: 0 },
        { goal: 'How do I boil an egg?', sol1: 'In the sun.', sol2: 'In hot water.', label: 1 },
      ],
      [
        ['How do I open a jar?', ['Turn the lid.', 'Turn the table.'], 'Turn the lid.'],
        ['How do I boil an egg?', ['In the sun.', 'In hot water.'], 'In hot water.'],
      ],
    ],
    [
      'SciQ',
      [
        {
          question: 'What do bees make?',
          distractor1: 'wax paper',
          distractor2: 'milk',
          distractor3: 'salt',
          correct_answer: 'honey',
          support: 'Bees collect nectar and make honey.',
        },
      ],
      [['Bees collect nectar and make honey.\n\nWhat do bees make?', ['honey', 'wax paper', 'milk', 'salt'], 'honey']],
    ],
    [
      'GPQA',
      [
        {
          Question: 'Which force holds a nucleus together?',
          'Correct Answer': 'strong',
          'Incorrect Answer 1': 'weak',
          'Incorrect Answer 2': 'gravity',
          'Incorrect Answer 3': 'none',
          Explanation: 'It is the strong interaction, of course, as every textbook says.',
          'Pre-Revision Question': 'Which of the four forces holds every nucleus of an atom together?',
          'Extra Revised Explanation': 'One has to think of the force between quarks and gluons.',
          Feedback_EV_2: 'This is a question that any student of physics can answer.',
          Explanation_NEV_3: 'I looked for it on the web and found an article about it.',
          'Canary String': 'This must never appear in any corpus that a model is trained on.',
          'Record ID': 'recAbC123',
        },
      ],
      [['Which force holds a nucleus together?', ['strong', 'weak', 'gravity', 'none'], 'strong']],
    ],
    [
      'MedMCQA of the hub, counted from 0',
      [
        {
          question: 'Which organ pumps blood?',
          opa: 'heart',
          opb: 'liver',
          opc: 'lung',
          opd: 'skin',
          cop: 0,
          exp: 'The heart pumps the blood through the body.',
        },
        {
          question: 'Which organ is largest?',
          opa: 'heart',
          opb: 'liver',
          opc: 'lung',
          opd: 'skin',
          cop: 3,
          exp: null,
        },
      ],
      [
        ['Which organ pumps blood?', ['heart', 'liver', 'lung', 'skin'], 'heart'],
        ['Which organ is largest?', ['heart', 'liver', 'lung', 'skin'], 'skin'],
      ],
    ],
    [
      'MedMCQA of the original release, counted from 1',
      [
        { question: 'Which organ pumps blood?', opa: 'heart', opb: 'liver', opc: 'lung', opd: 'skin', cop: 1 },
        { question: 'Which organ is largest?', opa: 'heart', opb: 'liver', opc: 'lung', opd: 'skin', cop: 4 },
      ],
      [
        ['Which organ pumps blood?', ['heart', 'liver', 'lung', 'skin'], 'heart'],
        ['Which organ is largest?', ['heart', 'liver', 'lung', 'skin'], 'skin'],
      ],
    ],
    [
      'TruthfulQA with one true answer',
      [
        {
          question: 'What happens if you eat seeds?',
          mc1_targets: { choices: ['They pass.', 'They grow.'], labels: [1, 0] },
          mc2_targets: { choices: ['They pass.', 'They grow.'], labels: [1, 0] },
        },
      ],
      [['What happens if you eat seeds?', ['They pass.', 'They grow.'], 'They pass.']],
    ],
    [
      'TruthfulQA of the original release',
      [{ question: 'What happens if you eat seeds?', mc1_targets: { 'They grow.': 0, 'They pass.': 1 } }],
      [['What happens if you eat seeds?', ['They grow.', 'They pass.'], 'They pass.']],
    ],
    [
      'SWAG',
      [
        {
          startphrase: 'She opens the door. She',
          sent1: 'She opens the door.',
          sent2: 'She',
          ending0: 'flies.',
          ending1: 'enters.',
          ending2: 'melts.',
          ending3: 'barks.',
          label: 1,
        },
      ],
      [['She opens the door. She', ['flies.', 'enters.', 'melts.', 'barks.'], 'enters.']],
    ],
    [
      'CosmosQA',
      [
        {
          context: 'It rained all day long.',
          question: 'Why did he stay in?',
          answer0: 'He was wet.',
          answer1: 'It rained.',
          answer2: 'He swam.',
          answer3: 'None.',
          label: 1,
        },
      ],
      [
        [
          'It rained all day long.\nWhy did he stay in?',
          ['He was wet.', 'It rained.', 'He swam.', 'None.'],
          'It rained.',
        ],
      ],
    ],
    [
      'COPA',
      [
        {
          premise: 'The man broke his toe.',
          choice1: 'He got a hole in his sock.',
          choice2: 'He dropped a hammer on it.',
          question: 'cause',
          idx: 0,
          label: 1,
        },
      ],
      [
        [
          'The man broke his toe.\nWhat was the cause?',
          ['He got a hole in his sock.', 'He dropped a hammer on it.'],
          'He dropped a hammer on it.',
        ],
      ],
    ],
    [
      'Belebele',
      [
        {
          flores_passage: 'The sea is deep and blue.',
          question: 'What is deep?',
          mc_answer1: 'sky',
          mc_answer2: 'sea',
          mc_answer3: 'sand',
          mc_answer4: 'sun',
          correct_answer_num: '2',
        },
      ],
      [['The sea is deep and blue.\nWhat is deep?', ['sky', 'sea', 'sand', 'sun'], 'sea']],
    ],
    [
      'RACE',
      [
        {
          example_id: 'high1',
          article: 'Tom lives in a small house by the sea.',
          question: 'Where does Tom live?',
          options: ['by the sea', 'in town'],
          answer: 'A',
        },
      ],
      [['Tom lives in a small house by the sea.\n\nWhere does Tom live?', ['by the sea', 'in town'], 'by the sea']],
    ],
    [
      'MMMLU with the columns A to D',
      [{ Question: 'What is two and two?', A: '3', B: '4', C: '5', D: '6', Answer: 'B', Subject: 'math' }],
      [['What is two and two?', ['3', '4', '5', '6'], '4']],
    ],
  ])('%s', async (_, rows, expected) => {
    const { examples, questions, problems, layout } = await read(rows);
    expect(examples.map(({ text, choices, label }) => [text, choices, label])).toEqual(expected);
    expect([questions, problems]).toEqual([[], []]);
    expect(layout).not.toBeNull();
  });

  test('that are numbers are told from their places', async () => {
    const rows = [{ question: 'How many?', A: '1', B: '0', C: '2', D: '3', answer: 'A' }];
    expect((await read(rows)).examples[0]?.label).toBe('1');
    const winogrande = [{ sentence: 'There are _ of them.', option1: '2', option2: '1', answer: '1' }];
    expect((await read(winogrande)).examples[0]?.label).toBe('2');
  });

  test('without an answer are faulty, and a test split of them gives way to validation', async () => {
    const rows = [
      { goal: 'How do I open a jar?', sol1: 'Turn the lid.', sol2: 'Turn the table.', label: 0 },
      { goal: 'How do I close a jar?', sol1: 'Turn the lid.', sol2: 'Turn the table.', label: -1 },
    ];
    expect((await read(rows)).problems).toEqual([expect.stringContaining('label is -1, none of the choices')]);
    const folder = join(home, String(files++));
    mkdirSync(folder);
    const [right, hidden] = rows;
    for (const [name, row] of Object.entries({ train: right, validation: right, test: hidden }))
      writeFileSync(join(folder, `${name}.jsonl`), `${JSON.stringify(row)}\n`);
    const opened = await openDataset(await detectReader(folder));
    if (opened.kind !== 'texts') throw new Error('these are images');
    const tests: TextExample[] = [];
    for await (const example of opened.examples('test')) tests.push(example);
    expect(tests).toMatchObject([{ row: 'validation.jsonl, row 1', label: 'Turn the lid.' }]);
  });
});

describe('pairs', () => {
  test.each<[string, object, [text: string, pair: string, label: string]]>([
    [
      'QNLI',
      { question: 'Where is the tower?', sentence: 'It stands in the middle of Paris.', label: 'entailment', idx: 0 },
      ['Where is the tower?', 'It stands in the middle of Paris.', 'entailment'],
    ],
    [
      'STS-B of the hub',
      {
        split: 'train',
        genre: 'main-captions',
        dataset: 'MSRvid',
        year: '2012test',
        sid: '0001',
        score: 3.5,
        sentence1: 'A plane takes off.',
        sentence2: 'An air plane is taking off.',
      },
      ['A plane takes off.', 'An air plane is taking off.', '3.5'],
    ],
    [
      'BoolQ',
      { question: 'is the sky blue', passage: 'The sky looks blue as air scatters light.', answer: true },
      ['is the sky blue', 'The sky looks blue as air scatters light.', 'true'],
    ],
    [
      'WikiQA',
      {
        question_id: 'Q1',
        question: 'how are caves formed',
        document_title: 'Cave',
        answer: 'Caves are formed by water in the rock.',
        label: 1,
      },
      ['how are caves formed', 'Caves are formed by water in the rock.', '1'],
    ],
    [
      'MultiRC',
      { paragraph: 'Ann has a dog and a cat at home.', question: 'What does Ann have?', answer: 'a dog', label: 1 },
      ['Ann has a dog and a cat at home.\n\nWhat does Ann have?', 'a dog', '1'],
    ],
    [
      'claims with evidence',
      { claim: 'The sea is made of milk.', evidence: 'Sea water is water with salt in it.', label: 'refuted' },
      ['The sea is made of milk.', 'Sea water is water with salt in it.', 'refuted'],
    ],
    [
      'MRPC',
      { sentence1: 'He said so on Monday.', sentence2: 'On Monday he said so.', label: 1, idx: 3 },
      ['He said so on Monday.', 'On Monday he said so.', '1'],
    ],
    [
      'MNLI',
      { premise: 'A man sleeps on a bench.', hypothesis: 'A man is asleep.', label: 0 },
      ['A man sleeps on a bench.', 'A man is asleep.', '0'],
    ],
  ])('of %s', async (_, row, expected) => {
    const { examples, questions } = await read([row]);
    expect(examples.map(({ text, textPair, label }) => [text, textPair, label])).toEqual([expected]);
    expect(questions).toEqual([]);
  });

  test('of a query with lists are a row for each positive', async () => {
    const rows = [
      {
        query: 'capital of France',
        pos: ['Paris is the capital.', 'The capital is Paris.'],
        neg: ['Rome is in Italy.', 'Lyon is a city.'],
      },
      { query: 'capital of Italy', pos: ['Rome is the capital.'], neg: [] },
    ];
    expect((await read(rows)).examples).toMatchObject([
      { row: 'row 1', anchor: 'capital of France', positive: 'Paris is the capital.', negatives: rows[0]?.neg },
      { row: 'row 1', anchor: 'capital of France', positive: 'The capital is Paris.', negatives: rows[0]?.neg },
      { row: 'row 2', anchor: 'capital of Italy', positive: 'Rome is the capital.', negatives: [] },
    ]);
    const passages = [
      {
        query: 'capital of France',
        positive_passages: [{ docid: '1', title: 'Paris', text: 'It is the capital.' }],
        negative_passages: [{ docid: '2', title: '', text: 'Rome is in Italy.' }],
      },
    ];
    expect((await read(passages)).examples).toMatchObject([
      { positive: 'Paris It is the capital.', negatives: ['Rome is in Italy.'] },
    ]);
  });

  test.each([
    ['lists by field', { passage_text: ['Paris is it.', 'Rome is in Italy.'], is_selected: [1, 0], url: ['a', 'b'] }],
    [
      'a list of objects',
      [
        { passage_text: 'Paris is it.', is_selected: 1 },
        { passage_text: 'Rome is in Italy.', is_selected: 0 },
      ],
    ],
  ])('of MS MARCO are the selected passages and the others, in %s', async (_, passages) => {
    const rows = [
      { query: 'capital of France', query_id: 1, query_type: 'LOCATION', answers: ['Paris'], passages },
      {
        query: 'capital of Spain',
        query_id: 2,
        query_type: 'LOCATION',
        answers: [],
        passages: { passage_text: ['Rome is in Italy.'], is_selected: [0] },
      },
    ];
    const { examples, problems } = await read(rows);
    expect(examples).toMatchObject([
      { anchor: 'capital of France', positive: 'Paris is it.', negatives: ['Rome is in Italy.'] },
    ]);
    expect(problems).toEqual([expect.stringContaining('no selected passage')]);
  });
});
