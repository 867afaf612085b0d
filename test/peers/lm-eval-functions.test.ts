import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { filterStepSchema } from '../../src-main/engine/benchmarks/filter-step.ts';
import { taskFunctions } from '../../src-main/engine/benchmarks/functions/index.ts';
import { pythonHash } from '../../src-main/engine/benchmarks/functions/python-source.ts';
import { aggregate } from '../../src-main/engine/benchmarks/metrics/aggregations.ts';
import { rollingMetrics } from '../../src-main/engine/benchmarks/metrics/rolling-metrics.ts';
import type { PreparedTask } from '../../src-main/engine/benchmarks/prepared-task.ts';
import { gradedTexts } from '../../src-main/engine/benchmarks/score-task.ts';
import { RandomStream } from '../../src-shared/random.ts';
import { lmEvalPython, runPeer } from './python.ts';

const python = lmEvalPython();
const rowCount = 400;
/** Rows of a function that resamples every score a thousand times. */
const slowCounts: Readonly<Record<string, number>> = { 'utils.process_results_gen': 20 };

/** Folder of each task in lm-eval. */
const folders: Readonly<Record<string, string>> = {
  wikitext: 'wikitext',
  'mmlu-pro': 'mmlu_pro',
  'leaderboard-mmlu-pro': 'leaderboard/mmlu_pro',
  hellaswag: 'hellaswag',
  medqa: 'medqa',
  medmcqa: 'medmcqa',
  pubmedqa: 'pubmedqa',
  logiqa: 'logiqa',
  copa: 'super_glue/copa',
  mathqa: 'mathqa',
  truthfulqa: 'truthfulqa',
  winogrande: 'winogrande',
  wsc: 'super_glue/wsc',
  'wsc-t5': 'super_glue/wsc',
  wsc273: 'wsc273',
  race: 'race',
  'leaderboard-musr': 'leaderboard/musr',
  'gpqa-zeroshot': 'gpqa/zeroshot',
  'gpqa-n-shot': 'gpqa/n_shot',
  'gpqa-generated': 'gpqa/cot_zeroshot',
  'leaderboard-gpqa': 'leaderboard/gpqa',
  drop: 'drop',
  coqa: 'coqa',
  record: 'super_glue/record',
  cb: 'super_glue/cb',
  'hendrycks-math': 'hendrycks_math',
  'crows-pairs': 'crows_pairs',
  logiqa2: 'logiqa2',
  mnli: 'glue/mnli',
  arithmetic: 'arithmetic',
  webqs: 'webqs',
  toxigen: 'toxigen',
  'ethics-utilitarianism': 'hendrycks_ethics',
  xcopa: 'xcopa',
  xwinograd: 'xwinograd',
  agieval: 'agieval',
};

const random = RandomStream.seeded(1, 'data');
const integer = (end: number) => Math.floor(random.uniform() * end);
const pick = <Item>(items: readonly Item[], usual: Item): Item => items[integer(items.length)] ?? usual;
/** Pieces that the functions look for, and others. */
const pieces = [
  ...["s '", "/' 7/", ' @-@ ', ' @,@ ', ' @.@ ', ' : ', ' ; ', ' . ', ' ! ', ' ? ', ' , ', '( a )', '[ b ]', '{ c }'],
  ...['" d "', "' e '", '= = = =', '= = =', '= =', ' ° ', ' \n', '\n ', ' N ', " 's", ' [title]', '[step]', '  ', '\n'],
  ...[
    "A: Let's think step by step. ",
    'word',
    'Ünï',
    'ǅ',
    'ß',
    '日本',
    '😀',
    '\t',
    '\u00a0',
    '\u2003',
    '\u001d',
    '.',
    '',
    'İ',
    '$1',
    '\\',
  ],
];
const text = (length = 12) => Array.from({ length: integer(length) + 1 }, () => pick(pieces, '')).join('');
const named = () => `x${text(4)}`;
const subjects = [
  ...['biology', 'business', 'chemistry', 'computer science', 'economics', 'engineering', 'health', 'history', 'law'],
  ...['math', 'other', 'philosophy', 'physics', 'psychology'],
];

function row(): Record<string, unknown> {
  const options = Array.from({ length: 4 + integer(7) }, named);
  return {
    page: text(40),
    question: named(),
    options,
    cot_content: `A: Let's think step by step. ${text()}`,
    category: pick(subjects, ''),
    ctx_a: text(),
    ctx_b: text(),
    activity_label: text(4),
    endings: [text(), text(), text(), text()],
    label: String(integer(4)),
    ...{ sent1: named(), ending0: named(), ending1: named(), ending2: named(), ending3: named() },
    ...{ opa: named(), opb: named(), opc: named(), opd: named() },
    CONTEXTS: [text(), text()],
    QUESTION: text(),
    context: text(),
    ...{ premise: `${named()}.`, choice1: `X${named()}`, choice2: `Y${named()}` },
  };
}

/** Words of answers: articles, numbers in many writings, punctuation. */
const answerWords = [
  ...['the', 'A', 'New', 'York', "Bob's", 'hat.', 'twenty-one', 'of', 'Ünï', 'nan', '(cat)', 'cat', 'an', ' . ', 'x.'],
  ...['12', '12.0', '$12', '12,000', '1e16', '.5', '5%', '-3', '1_0', '0.00001', 'inf', '2.', '😀', '1.5e3', '\n'],
];
const answer = (most = 6) => Array.from({ length: integer(most) + 1 }, () => pick(answerWords, '')).join(' ');
const answers = (fewest: number, most: number) =>
  Array.from({ length: fewest + integer(most - fewest + 1) }, () => answer(4));
/** A text as Python writes it, in quotes of either kind. */
const pythonText = (value: string) =>
  integer(2) === 0
    ? JSON.stringify(value)
    : `'${value.replaceAll(/[\\']/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r')}'`;
const pythonTexts = (values: readonly string[]) => `[${values.map(pythonText).join(', ')}]`;
const formulas = [
  ...[
    '\\frac',
    '\\sqrt',
    '{',
    '}',
    '1',
    '2',
    'x',
    '/',
    ' ',
    '=',
    '0.5',
    '.',
    '\\text{ cm}',
    '\\%',
    '\\$',
    '\\left(',
    'k = ',
  ],
  ...[
    '\\right)',
    '\\dfrac{1}{2}',
    '\\frac12',
    '3/4',
    '-1/2',
    '^\\circ',
    '^{\\circ}',
    '\\!',
    '\\\\',
    '\n',
    '\\frac{1}3',
  ],
];
const formula = () => Array.from({ length: integer(5) + 1 }, () => pick(formulas, '')).join('');
const date = () => ({ day: pick(['', '4'], ''), month: pick(['', 'May'], ''), year: pick(['', '1990'], '') });
const spanAnswer = () => ({ number: pick(['', '', '7', '12.5'], ''), date: date(), spans: answers(0, 2) });

function gpqaRow(): object {
  const own = () => (integer(12) === 0 ? null : text());
  return {
    ...{ 'Incorrect Answer 1': own(), 'Incorrect Answer 2': own(), 'Incorrect Answer 3': own() },
    'Correct Answer': text(),
  };
}

const biases = [
  ...['race-color', 'age', 'gender', 'autre', 'socioeconomic', 'religion', 'nationality', 'disability'],
  ...['sexual-orientation', 'physical-appearance'],
];

/** Columns that only one task has, or that others have with other types. */
const columns: Readonly<Record<string, (given: Record<string, unknown>) => object>> = {
  logiqa: () => ({ label: pick(['a', 'b ', ' c', 'd\n'], 'a') }),
  copa: () => ({ label: integer(2), question: pick(['cause', 'effect'], 'cause') }),
  medqa: () => ({ label: integer(4) }),
  mathqa: () => ({
    options: ['a', 'b', 'c', 'd', 'e']
      .map((letter) => `${letter} ) ${pick(['12', '3', 'none of these', '5.0 '], '')}`)
      .join(' , '),
  }),
  truthfulqa: () => ({
    question: ` ${named()} `,
    mc2_targets: { labels: [1, 0, integer(2), integer(2)] },
    correct_answers: [...answers(1, 3), ...pick([['I have no comment.'], [' ']], [])],
    incorrect_answers: answers(1, 3),
  }),
  winogrande: () => ({
    sentence: `${text()}_${text()}`,
    option1: text(),
    option2: text(),
    answer: pick(['1', '2'], '1'),
  }),
  wsc: () => ({
    text: `It 's ( an ) " ${text().replaceAll('_', '')} , he does n't .`,
    span1_text: named(),
    span2_text: 'he',
    span2_index: integer(6),
  }),
  'wsc-t5': () => ({
    text: `The ${pick(['old', 'new'], '')} man knew X he was .`,
    ...{ span2_text: 'man', span2_index: 2, span1_text: pick(["the man's hat", 'The man', 'Bob', 'his old hat'], '') },
    label: pick<number | boolean>([0, 1, true, false], 0),
  }),
  wsc273: () => ({
    text: `The  ${pick(['city', '.'], '')} ${named()}. They go`,
    pronoun: pick(['they', 'Their', 'his', 'it'], ''),
    pronoun_loc: integer(14),
    options: [`The ${named()}`, pick(['Her cat', 'Bob', 'A dog and A cat'], '')],
  }),
  race: () => ({
    article: text(),
    problems: `[${Array.from({ length: 1 + integer(3) }, () => {
      const question = `${text()}${pick(['  _  .', '?'], '')}`;
      const options = pythonTexts([text(), text(), text(), text()]);
      return `{'question': ${pythonText(question)}, 'answer': '${pick(['A', 'B', 'C', 'D'], 'A')}', "options": ${options}}`;
    }).join(', ')}]`,
  }),
  'leaderboard-musr': () => ({ narrative: text(), question: named(), choices: pythonTexts([text(), text(), text()]) }),
  'gpqa-zeroshot': gpqaRow,
  'gpqa-n-shot': gpqaRow,
  'gpqa-generated': gpqaRow,
  'leaderboard-gpqa': gpqaRow,
  drop: () => {
    const others = Array.from({ length: integer(4) }, spanAnswer);
    const validated_answers = {
      number: others.map(({ number }) => number),
      date: others.map((one) => one.date),
      spans: others.map(({ spans }) => spans),
    };
    const right = Array.from({ length: 1 + integer(3) }, () => answers(1, 3));
    return { query_id: named(), passage: text(), answer: spanAnswer(), validated_answers, answers: right };
  },
  coqa: () => {
    const count = 1 + integer(4);
    const turns = () => ({ input_text: Array.from({ length: count }, () => answer(3)) });
    const additional_answers = pick<object | null>([null, {}, { 0: turns(), 1: turns(), 2: turns() }], null);
    return { story: text(), questions: turns(), answers: turns(), additional_answers };
  },
  record: () => ({
    passage: ` ${text()}\n@highlight\n${text()}\n@highlight\n${text()}`,
    query: `${text()} @placeholder ${text()} @placeholder`,
    ...{ entities: answers(3, 6), answers: answers(1, 3) },
  }),
  'hendrycks-math': () => ({
    problem: text(),
    solution: `${formula().replaceAll(/[{}]/g, '')}$\\boxed${pick([`{${formula().replaceAll(/[{}]/g, '')}}`, ` ${formula()}$`], '')}$.`,
  }),
  'crows-pairs': () => ({
    ...{ sent_more: text(), sent_less: text() },
    bias_type: pick(biases, ''),
  }),
  logiqa2: () => ({ text: text() }),
  mnli: () => ({ premise: text(), hypothesis: `${text()}${pick(['.', '. ', ''], '')}` }),
  arithmetic: () => ({ context: ` Q: ${text()}\n\nA: `, completion: text() }),
  webqs: () => ({ answers: answers(1, 6) }),
  toxigen: () => ({ toxicity_ai: 1 + integer(9) / 2, toxicity_human: 1 + integer(9) / 2 }),
  xcopa: () => ({ question: pick(['cause', 'effect'], 'cause') }),
  xwinograd: () => ({
    sentence: `${text()}_${text()}`,
    option1: text(),
    option2: text(),
    answer: pick(['1', '2'], '1'),
  }),
  agieval: () => ({ choices: [named(), named(), named(), named()], gold: pick([[0], [3], [1, 2], []], [0]) }),
  'ethics-utilitarianism': () => ({ activity: text(40), baseline: text() }),
};

type Used = (typeof taskFunctions)[number]['functions'][string];

/** Answers to the rows, for functions that score them; of an aggregation the items of as many tasks. */
function answersFor(id: string, { gives }: Used, rows: readonly Record<string, unknown>[]): unknown[] {
  if (gives === 'aggregation')
    return rows.map(() => Array.from({ length: 1 + integer(8) }, () => [integer(3), integer(3)]));
  if (gives === 'text-scores')
    return rows.map(() => (id === 'hendrycks-math' ? `${formula()}${pick([`$${formula()}$`, ''], '')}` : answer(8)));
  if (gives !== 'likelihood-scores') return [];
  const counts: Readonly<Record<string, number>> = { truthfulqa: 4, 'crows-pairs': 2, record: 3, agieval: 4 };
  return rows.map(() => Array.from({ length: counts[id] ?? 0 }, () => [-integer(40) / 4, integer(2) === 0]));
}

const cases = taskFunctions.flatMap(({ id, functions }) =>
  Object.entries(functions).map(([reference, used]) => {
    const rows: Record<string, unknown>[] = Array.from({ length: slowCounts[reference] ?? rowCount }, () => {
      const one = row();
      return { ...one, ...columns[id]?.(one) };
    });
    return { id, reference, used, rows, answers: answersFor(id, used, rows) };
  }),
);
const answerSchema = z.array(z.object({ source: z.string(), results: z.array(z.unknown()) }));

describe.skipIf(python === null)("lm-eval's own Python functions", () => {
  it('give the same on random rows, and have the text that is known', () => {
    const asked = cases.map(({ id, reference, rows, used: { gives }, answers }) => {
      return { folder: folders[id], reference, rows, gives, answers };
    });
    const peers = answerSchema.parse(runPeer('lm_eval_functions.py', asked, [], python ?? ''));
    for (const [index, { id, reference, used, rows, answers }] of cases.entries()) {
      const { source = '', results = [] } = peers[index] ?? {};
      expect.soft(used.hashes, `${id} ${reference}`).toContain(pythonHash(source, used.uses));
      const own = resultsOf(used, rows, answers);
      expect(own.length).toBeGreaterThan(0);
      expect.soft(rounded(own), `${id} ${reference}`).toEqual(rounded(results));
      // A test of equal scores says nothing where all are alike.
      if (used.gives === 'text-scores' || used.gives === 'likelihood-scores')
        expect(new Set(own.map((one) => JSON.stringify(one))).size, `${id} ${reference}`).toBeGreaterThan(1);
    }
  });
});

it.skipIf(python === null)('lm-eval’s filter of lettered choices extracts the same from random texts', () => {
  const words = ['Guilty', 'Guilty of war', 'no-one!', '(x + y)', 'Ünï', '2.5', 'the sea', '¿Qué?', '...'];
  const around = [
    'Answer: ',
    '(A)',
    '(b)',
    'is (D)',
    ':  C',
    ':B',
    '\n',
    ' so ',
    '#### 4',
    '**',
    'guilty',
    'GUILTY OF WAR',
  ];
  const asked = [
    { regex_pattern: '(\\([A-Z]\\))', group_select: -1, ignore_case: true, ignore_punctuation: true },
    { regex_pattern: '#### (\\-?[0-9]+)', regexes_to_ignore: ['the ', '\\.$'] },
    { ignore_case: true },
  ].map((settings) => ({
    settings,
    choices: Array.from({ length: rowCount }, () => Array.from({ length: 4 }, () => ` ${pick(words, '')}`)),
    texts: Array.from({ length: rowCount }, () =>
      Array.from({ length: 1 + integer(5) }, () => pick([...words, ...around], '')).join(pick(['', ' '], '')),
    ),
  }));
  const theirs = z.array(z.array(z.tuple([z.string()]))).parse(runPeer('lm_eval_filters.py', asked, [], python ?? ''));
  for (const [index, { settings, choices, texts }] of asked.entries()) {
    const filter = filterStepSchema.parse({ function: 'multi_choice_regex', ...settings });
    const questions = choices.map((options) => ({ context: '', continuations: [], choices: [], right: [''], options }));
    const use = { name: 'exact_match', aggregation: 'mean' as const, higherIsBetter: true, regexesToIgnore: [] };
    const task: PreparedTask = {
      ...{ name: 'letters', file: 'letters.yaml', outputType: 'generate_until', version: null, shots: 0, total: 0 },
      ...{ config: {}, questions, filters: [{ name: 'letters', filter: [filter] }] },
      metrics: [{ ...use, ignoreCase: false, ignorePunctuation: false, ignoreNumbers: false }],
      generation: { until: [], max_gen_toks: 1, temperature: 0 },
    };
    const own = gradedTexts(task, texts).map(({ text }) => [text]);
    expect(own).toEqual(theirs[index]);
    expect(new Set(own.flat()).size).toBeGreaterThan(3);
  }
});

const textsSchema = z.array(z.string());
const pairsSchema = z.array(
  z.array(z.tuple([z.number(), z.boolean()]).transform(([sum, isGreedy]) => ({ sum, isGreedy }))),
);
const itemsSchema = z.array(z.array(z.tuple([z.number(), z.number()])));

function resultsOf(used: Used, rows: readonly Record<string, unknown>[], answers: readonly unknown[]): unknown[] {
  switch (used.gives) {
    case 'documents':
      return used.documents(rows);
    case 'field':
      return rows.map(used.field);
    case 'counted-text':
      return rows.map((one) => countsOf(used.countedText(one)));
    case 'text-scores': {
      const texts = textsSchema.parse(answers);
      return rows.map((one, index) => used.scores(one, texts[index] ?? ''));
    }
    case 'likelihood-scores': {
      const likelihoods = pairsSchema.parse(answers);
      return rows.map((one, index) => used.scores(one, likelihoods[index] ?? []));
    }
    case 'aggregation':
      return itemsSchema.parse(answers).map((items) => aggregate(used.aggregation, items).value);
  }
}

/** Values with ten digits: sums are taken in another order. */
function rounded(values: readonly unknown[]): unknown {
  return JSON.parse(JSON.stringify(values), (_, value) =>
    typeof value === 'number' ? Number(value.toPrecision(10)) : value,
  );
}

function countsOf(page: string): (number | undefined)[] {
  const likelihood = { sum: 0, isGreedy: false };
  return ['word_perplexity', 'byte_perplexity'].map((name) => rollingMetrics[name]?.(likelihood, page)[1]);
}
