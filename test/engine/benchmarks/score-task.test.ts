import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { PreparedTask, Question } from '../../../src-main/engine/benchmarks/prepared-task.ts';
import { scoreLikelihoods, scoreTexts } from '../../../src-main/engine/benchmarks/score-task.ts';
import { benchmarkScoreSchema } from '../../../src-shared/domain/evaluation/benchmark.ts';

const metric = {
  aggregation: 'mean',
  higherIsBetter: true,
  ignoreCase: false,
  ignorePunctuation: false,
  ignoreNumbers: false,
  regexesToIgnore: [] as string[],
} as const;

function task(changes: Partial<PreparedTask>): PreparedTask {
  return {
    name: 'made',
    file: 'task.yaml',
    outputType: 'multiple_choice',
    version: null,
    shots: 0,
    total: 2,
    config: {},
    metrics: [],
    filters: [{ name: 'none', filter: [{ function: 'take_first' }] }],
    generation: { until: [], max_gen_toks: 1, temperature: 0 },
    questions: [],
    ...changes,
  };
}

function question(changes: Partial<Question>): Question {
  return { context: '', continuations: [], choices: [], right: [], ...changes };
}

describe('likelihoods', () => {
  it('are compared as they are, by characters and by bytes, with the standard error of the mean', () => {
    const questions = [
      question({ choices: ['abcd', 'é'], right: [0] }),
      question({ choices: ['a', 'b'], right: [1] }),
      question({ choices: ['a', 'b'], right: [0, 1] }),
    ];
    const answers = [
      [
        // By itself the second, by characters the first (−2 and −4), by bytes the second again (−2 and −1.9).
        { sum: -8, isGreedy: false },
        { sum: -3.8, isGreedy: true },
      ],
      [
        { sum: -1, isGreedy: true },
        { sum: -2, isGreedy: false },
      ],
      [
        { sum: -1, isGreedy: false },
        { sum: -1, isGreedy: false },
      ],
    ];
    const metrics = ['acc', 'acc_norm', 'acc_bytes', 'exact_match'].map((name) => ({
      ...metric,
      name,
      regexesToIgnore: [],
    }));
    expect(scoreLikelihoods(task({ questions, metrics }), answers)).toEqual([
      { metric: 'acc', filter: 'none', value: 1 / 3, stderr: expect.closeTo(1 / 3) },
      { metric: 'acc_norm', filter: 'none', value: 2 / 3, stderr: expect.closeTo(1 / 3) },
      { metric: 'acc_bytes', filter: 'none', value: 1 / 3, stderr: expect.closeTo(1 / 3) },
      { metric: 'exact_match', filter: 'none', value: 0, stderr: 0 },
    ]);
  });

  it('likelihoods of texts give a perplexity', () => {
    const perplexity = { ...metric, name: 'perplexity', aggregation: 'perplexity', higherIsBetter: false } as const;
    const questions = [question({}), question({})];
    const answers = [-1, -3].map((sum) => [{ sum, isGreedy: false }]);
    expect(
      scoreLikelihoods(
        task({ outputType: 'loglikelihood', questions, metrics: [{ ...perplexity, regexesToIgnore: [] }] }),
        answers,
      ),
    ).toEqual([{ metric: 'perplexity', filter: 'none', value: Math.exp(2), stderr: null }]);
    const long = answers.map((own) => own.map((one) => ({ ...one, sum: -1000 })));
    const scores = scoreLikelihoods(
      task({ outputType: 'loglikelihood', questions, metrics: [{ ...perplexity, regexesToIgnore: [] }] }),
      long,
    );
    expect(z.array(benchmarkScoreSchema).parse(scores)).toMatchObject([{ value: null }]);
  });
});

describe('texts', () => {
  const scored = (texts: string[], right: string[], changes: Partial<PreparedTask>, use: object = {}) =>
    scoreTexts(
      task({
        outputType: 'generate_until',
        questions: texts.map((_, index) => question({ right: [right[index] ?? ''] })),
        metrics: [{ ...metric, name: 'exact_match', regexesToIgnore: [], ...use }],
        ...changes,
      }),
      texts,
    ).map(({ filter, value }) => [filter, value]);

  it('are compared after each filter, as Python finds matches', () => {
    const regex = (regex_pattern: string, group_select = 0) =>
      ({ function: 'regex', regex_pattern, group_select, fallback: '[invalid]' }) as const;
    const filters = [
      { name: 'strict', filter: [regex('#### (\\-?[0-9\\.\\,]+)'), { function: 'take_first' } as const] },
      { name: 'last', filter: [regex('(-?[$0-9.,]{2,})|(-?[0-9]+)', -1)] },
      { name: 'named', filter: [regex('(?i)(?P<word>THE)')] },
      { name: 'whole', filter: [regex('no such thing')] },
    ];
    expect(scored(['5 + 6 is the #### 11', '12'], ['11', '12'], { filters })).toEqual([
      ['strict', 0.5],
      ['last', 1],
      ['named', 0],
      ['whole', 0],
    ]);
  });

  it('may differ in what is ignored', () => {
    const texts = ['The Answer, 42!', 'x'];
    expect(scored(texts, ['the answer ', 'y'], {})).toEqual([['none', 0]]);
    const all = { ignoreCase: true, ignorePunctuation: true, ignoreNumbers: true };
    expect(scored(texts, ['the answer ', 'y'], {}, all)).toEqual([['none', 0.5]]);
    expect(scored(texts, [' Answer, 42!', 'y'], {}, { regexesToIgnore: ['The'] })).toEqual([['none', 0.5]]);
  });

  it('rejects endless and missing patterns', () => {
    const filters = (regex_pattern: string) => [
      { name: 'f', filter: [{ function: 'regex', regex_pattern, group_select: 0, fallback: '' } as const] },
    ];
    expect(() => scored(['a'], ['a'], { filters: filters('(') })).toThrow(
      'filter_list f: the pattern ( cannot be used',
    );
    const endless = '((a+)+)+!';
    const text = 'a'.repeat(60);
    expect(() => scored([text], ['a'], { filters: filters(endless) })).toThrow('filter_list f was stopped after 2 s');
    expect(() => scored([text], ['a'], {}, { regexesToIgnore: [endless] })).toThrow(
      'regexes_to_ignore was stopped after 2 s',
    );
    const slow = `${'.?'.repeat(45)}${'.'.repeat(45)}z`;
    expect(() => scored(['a'], ['a'], { filters: filters(slow) })).toThrow('it has 45 optional parts, more than 20');
    expect(() => scored(['a'], ['a'], {}, { regexesToIgnore: [slow] })).toThrow('it has 45 optional parts');
  });
});
