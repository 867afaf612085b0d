import { describe, expect, test, vi } from 'vitest';
import { totalLeft } from '../../src-main/cli/commands/demo.ts';
import { applyAssignments } from '../../src-main/cli/commands/train.ts';
import { formatDuration, formatTable, toJson } from '../../src-main/cli/format.ts';
import { givenParameters } from '../../src-main/cli/method-options.ts';
import { ProgressLine } from '../../src-main/cli/progress-line.ts';
import { homePlace } from '../../src-main/cli/studio.ts';
import { reducedTerminal } from '../../src-main/cli/terminal.ts';
import type { JobRecord } from '../../src-shared/domain/jobs/job.ts';
import type { JobProgress } from '../../src-shared/domain/jobs/job-progress.ts';
import type { Declaration } from '../../src-shared/domain/parameters/parameter.ts';
import { recordingTerminal } from './run-command.ts';

describe('--set', () => {
  test('changes keys, makes what is missing, keeps the rest', () => {
    const text = applyAssignments('# mine\nseed: 1\ncoto: null\n', [
      ['seed', '2'],
      ['coto.initial_p', '0.2'],
      ['adapter.target_modules', '[q_proj, v_proj]'],
      ['learning_rate', '2e-4'],
    ]);
    expect(text).toBe(
      '# mine\nseed: 2\ncoto:\n  initial_p: 0.2\nadapter:\n  target_modules:\n    - q_proj\n    - v_proj\nlearning_rate: 0.0002\n',
    );
  });
  test('starts from nothing, and leaves a broken file to its reader', () => {
    expect(applyAssignments('', [['seed', '3']])).toMatch(/seed: 3/);
    expect(applyAssignments('a: [', [['seed', '3']])).toBe('a: [');
  });
});

describe('progress', () => {
  const progress = (done: number, phase = 'Training'): JobProgress => ({
    phase,
    done,
    total: 200,
    unit: 'steps',
    perSecond: 8.123,
    etaSeconds: 22,
  });

  test('in a log is a line every five seconds, or when the job changes', () => {
    let now = 0;
    const { terminal, written } = recordingTerminal();
    const line = new ProgressLine(terminal, () => now);
    for (const [at, done, prefix] of [
      [0, 10, '1 '],
      [1000, 20, '1 '],
      [5000, 30, '1 '],
      [5100, 40, '2 '],
    ] as const) {
      now = at;
      line.show(progress(done), prefix);
    }
    expect(written.err).toBe(
      [
        '1 Training  █░░░░░░░░░░░░░░░░░░░  10/200 steps',
        '1 Training  ███░░░░░░░░░░░░░░░░░  30/200 steps',
        '2 Training  ████░░░░░░░░░░░░░░░░  40/200 steps',
      ]
        .map((text) => `${text}  8.12/s  22 s left\n`)
        .join(''),
    );
  });

  test('in a log has the last state too, however long nothing more is told', () => {
    vi.useFakeTimers();
    try {
      const { terminal, written } = recordingTerminal();
      const line = new ProgressLine(terminal);
      const told = () => [...written.err.matchAll(/(\d+)\/200/g)].map(([, done]) => Number(done));
      for (const done of [10, 20, 30]) line.show(progress(done));
      expect(told()).toEqual([10]);
      vi.advanceTimersByTime(60_000);
      expect(told()).toEqual([10, 30]);
      line.show(progress(40));
      line.show(progress(50));
      line.clear();
      vi.advanceTimersByTime(60_000);
      expect(told()).toEqual([10, 30, 40]);
    } finally {
      vi.useRealTimers();
    }
  });

  test('in a log is a line for each tenth of a phase, and one after five minutes', () => {
    let now = 0;
    const { terminal, written } = recordingTerminal();
    const line = new ProgressLine(terminal, () => now);
    // Ten hours, with an evaluation after each tenth of an hour.
    for (let minute = 0; minute < 600; minute++) {
      now = minute * 60_000;
      line.show({ ...progress(1), phase: 'Training', done: minute + 1, total: 600 });
      if (minute % 6 === 5)
        for (const done of [1, 2, 3]) line.show({ ...progress(1), phase: 'Evaluating', done, total: 3 });
    }
    line.clear();
    expect(written.err.trim().split('\n').length).toBeLessThanOrEqual(600 / 5 + 2 * 11);
    now = 0;
    const short = recordingTerminal();
    const quick = new ProgressLine(short.terminal, () => now);
    for (let second = 0; second <= 240; second++) {
      now = second * 1000;
      quick.show(progress((200 * second) / 240));
    }
    quick.clear();
    expect([...short.written.err.matchAll(/(\d+)\/200/g)].map(([, done]) => Number(done))).toEqual(
      Array.from({ length: 11 }, (_, tenth) => 20 * tenth),
    );
  });

  test('in a log is seldomer and seldomer without a known total', () => {
    let now = 0;
    const { terminal, written } = recordingTerminal();
    const line = new ProgressLine(terminal, () => now);
    for (let second = 0; second <= 200; second++) {
      now = second * 1000;
      line.show({ ...progress(second), total: 0 });
    }
    line.clear();
    expect([...written.err.matchAll(/Training {2}(\d+) /g)].map(([, done]) => Number(done))).toEqual([
      0, 10, 30, 70, 150,
    ]);
  });

  test('is left out by --quiet and --no-progress, and --quiet leaves out information too', () => {
    for (const [options, expected] of [
      [{ quiet: false, progress: false }, 'information\nDone.\nwarning\n'],
      [{ quiet: true, progress: true }, 'warning\n'],
    ] as const) {
      const { terminal, written } = recordingTerminal();
      const reduced = reducedTerminal(terminal, options);
      const line = new ProgressLine(reduced);
      line.show(progress(100));
      reduced.note('information\n');
      line.say('Done.');
      reduced.report('warning\n');
      expect(written.err).toBe(expected);
    }
  });

  test('on a terminal is one line, written over and cut to its width', () => {
    const { terminal, written } = recordingTerminal();
    const line = new ProgressLine({ ...terminal, rewrites: true, columns: 30 });
    line.show(progress(100));
    line.say('Done.');
    expect(written.err).toBe('\r\u001b[KTraining  ██████████░░░░░░░░░\r\u001b[KDone.\n');
  });

  test('a count alone, where nobody knows of how many', () => {
    const { terminal, written } = recordingTerminal();
    const unknown = { phase: 'Tokenizing', total: 0, unit: 'documents', perSecond: null, etaSeconds: null };
    new ProgressLine(terminal).show({ done: 1500, ...unknown });
    expect(written.err).toBe('Tokenizing  1,500 documents\n');
  });

  test('the demo’s time left counts what jobs of a kind have taken', () => {
    const job = (kind: JobRecord['kind'], changes: Partial<JobRecord>): JobRecord => ({
      id: '',
      kind,
      title: '',
      status: 'queued',
      subjectId: null,
      parentId: null,
      after: [],
      progress: null,
      error: null,
      createdAt: 0,
      startedAt: null,
      finishedAt: null,
      ...changes,
    });
    expect(totalLeft([job('train', {})], 0)).toBe('');
    const done = job('train', { status: 'completed', startedAt: 0, finishedAt: 40_000 });
    const running = job('train', {
      status: 'running',
      startedAt: 40_000,
      progress: { ...progress(100), etaSeconds: 20 },
    });
    // 20 s of the running one, 40 s for another run, and a study at 3 / 4 of a run: (40 + 20) s for 6 of weight, so 30 s.
    expect(totalLeft([done, running, job('train', {}), job('study', {})], 60_000)).toBe(
      '  (demo: about 1 min 30 s left)',
    );
  });
});

describe('parameters of methods', () => {
  const methods: Declaration[] = [
    {
      id: 'ties',
      label: '',
      summary: '',
      parameters: [
        { name: 'density', label: '', type: 'number', default: 0.2, minimum: 0, maximum: 1, help: '' },
        {
          name: 'majority_sign',
          label: '',
          type: 'choice',
          default: 'total',
          choices: [
            { value: 'total', label: '' },
            { value: 'frequency', label: '' },
          ],
          help: '',
        },
        { name: 'rescale', label: '', type: 'boolean', default: true, help: '' },
      ],
    },
    {
      id: 'plain',
      label: '',
      summary: '',
      parameters: [{ name: 'power', label: '', type: 'integer', default: 1, help: '' }],
    },
  ];
  test('are read by their types, from options and --set', () => {
    expect(
      givenParameters(methods, 'ties', { density: '0.5', majoritySign: 'frequency', set: { rescale: 'false' } }),
    ).toEqual({
      density: 0.5,
      majority_sign: 'frequency',
      rescale: false,
    });
    expect(givenParameters(methods, 'plain', {})).toEqual({});
  });
  test.each([
    ['ties', { density: 'much' }, /density is "much", not a number/],
    ['ties', { density: ' ' }, /not a number/],
    ['ties', { density: '2' }, /density is "2": Must be at most 1/],
    ['ties', { majoritySign: 'most' }, /majority_sign is "most": One of: total, frequency/],
    ['ties', { set: { rescale: 'maybe' } }, /not true or false/],
    ['ties', { power: '2' }, /The method ties has no parameter "power"/],
    ['plain', { set: { toString: '1' } }, /no parameter "toString"/],
    ['dare', {}, /There is no method "dare"/],
  ])('of %s: %o is refused', (method, options, message) => {
    expect(() => givenParameters(methods, method, options)).toThrow(message);
  });
});

test('formats', () => {
  expect(
    formatTable(
      ['a', 'value'],
      [
        ['long one', '1'],
        ['b', '22'],
      ],
      1,
    ),
  ).toBe('a         value\n───────────────\nlong one      1\nb            22\n');
  expect([0.94, 48.2, 125, 3725].map(formatDuration)).toEqual(['0.9 s', '48 s', '2 min 05 s', '1 h 02 min']);
  expect(JSON.parse(toJson({ pixels: Uint8Array.of(1, 2), loss: Number.NaN }))).toEqual({ pixels: [1, 2], loss: null });
});

test('the home is --home, else COTO_STUDIO_HOME, else a folder of the user', () => {
  expect(homePlace('/a', { COTO_STUDIO_HOME: '/b' })).toBe('/a');
  expect(homePlace(undefined, { COTO_STUDIO_HOME: '/b' })).toBe('/b');
  expect(homePlace(undefined, { XDG_CONFIG_HOME: '/c', APPDATA: '/c' })).toMatch(/CoTo Studio$/);
});
