import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { html, scriptJson, scriptText } from '../../../src-main/backend/reports/html.ts';
import { type ReportOptions, writeReport } from '../../../src-main/backend/reports/index.ts';
import { fromYaml } from '../../../src-main/backend/runs/run-yaml.ts';
import { studyWords } from '../../../src-main/backend/studies/study-words.ts';
import { foldMasks } from '../../../src-shared/curves/growing-shares.ts';
import { reportSections } from '../../../src-shared/domain/app/report.ts';
import { cotoSettingsSchema } from '../../../src-shared/domain/runs/coto.ts';
import { type RunRecord, runConfigSchema } from '../../../src-shared/domain/runs/run.ts';
import { studyRecordSchema } from '../../../src-shared/domain/studies/study.ts';
import { sampleStrip } from '../../../src-shared/figures/index.ts';
import { studyKind } from '../../../src-shared/studies/index.ts';
import { tableCsv } from '../../../src-shared/studies/report/table-csv.ts';
import { makeCurve } from '../../src-shared/curves/make-curve.ts';
import { dataset, model, runRecord, runs, studies } from './records.ts';

let folder: string;
let options: ReportOptions;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'coto-report-'));
  const plotlyScript = path.join(folder, 'plotly.js');
  await writeFile(plotlyScript, 'var Plotly = { react() {} }; var tag = "</script><!-- x";');
  options = {
    path: path.join(folder, 'below', 'report.html'),
    name: 'Demo <script>alert(1)</script>',
    note: 'Why we <ran> it.\n\nAnd what for.',
    sections: reportSections.map(({ id }) => id),
    runs,
    studies,
    models: [model],
    datasets: [dataset],
    curves: new Map(runs.map(({ id }) => [id, new Map([['loss', makeCurve('loss', [0, 1, 2], [2, 1.5, 1])]])])),
    activation: new Map(
      runs.map(({ id, config }) => [
        id,
        config.coto &&
          foldMasks(
            sampleStrip(cotoSettingsSchema.parse({}), 40, ['layers.0', 'layers.1', 'layers.2'], config.seed),
            100,
          ),
      ]),
    ),
    tuned: {
      runs: { state: 'untuned', reason: 'The learning rate of <LoRA> was not chosen by a sweep.' },
      studies: new Map([['pruning', { state: 'tuned', reason: 'Each learning rate was chosen.' }]]),
    },
    diagnoses: new Map([
      [
        'b',
        [
          {
            ...{
              id: 'learning-rate-high',
              label: 'Learning rate too high',
              severity: 'warning',
              dataSteps: null,
              opens: null,
            },
            ...{ evidence: 'It rose to <7>.', advice: 'Lower it.', changes: { learning_rate: 1e-4 } },
          },
        ],
      ],
    ]),
    samples: new Map([
      [
        'a',
        {
          inputs: [{ kind: 'image', truth: '<Bag>', height: 2, width: 1, channels: 1, pixels: Uint8Array.of(0, 255) }],
          steps: [
            { step: 0, milliseconds: 1, answers: [{ text: 'Shirt', probability: 0.25, isRight: false }] },
            { step: 40, milliseconds: 1, answers: [{ text: '<Bag>', probability: 0.75, isRight: true }] },
          ],
        },
      ],
      [
        'd',
        {
          inputs: [{ kind: 'prompt', text: 'Name a | sea.', reference: null }],
          steps: [{ step: 40, milliseconds: 1, answers: [{ text: 'The sea', probability: null, isRight: null }] }],
        },
      ],
    ]),
    studyYaml: new Map([['pruning', 'kind: pruning # <again>']]),
    plotlyScript,
    fonts: path.join(import.meta.dirname, '../../../assets/fonts'),
    createdAt: 0,
  };
});
afterAll(() => rm(folder, { recursive: true }));

test('one file that loads nothing, with the table, every figure and each run as a file that can be run again', async () => {
  const { path: written } = await writeReport(options);
  const page = await readFile(written, 'utf8');
  expect(page).not.toMatch(/(?:src|href)\s*=\s*["']?\s*(?:https?:)?\/\//i);
  expect(page).toContain("default-src 'none'");
  expect(page).toContain('prefers-color-scheme: dark');
  expect(page.match(/<figure>/g)).toHaveLength(9);
  // Alone: (70 + 72) / 2 = 71 against 73; differences 3 and 1, mean 2.
  expect(page).toMatch(
    /Alone[\s\S]*?<strong>71\.0<\/strong>[\s\S]*?\(70\.0, 72\.0\)[\s\S]*?<strong>73\.0<\/strong>[\s\S]*?\+2\.0/,
  );
  expect(page).toContain('f0e1d2c3');
  const yaml = /run\.yaml<\/summary><pre>([\s\S]*?)<\/pre>/.exec(page)?.[1] ?? '';
  expect(fromYaml(yaml.replaceAll('&quot;', '"').replaceAll('&#39;', "'"))).toEqual(runs[0]?.config);
});

test('the first figure and the numbers that matter come before everything else, under which the parts are linked', async () => {
  const page = (await readFile((await writeReport(options)).path, 'utf8')).replace(/<style>[\s\S]*?<\/style>/, '');
  const at = (text: string | RegExp) => page.search(text);
  expect(page).toMatch(
    /<p class="lead">LoRA \+ CoTo compared with LoRA \(2 seeds, 100 test examples\)\. Alone: 71\.0 %/,
  );
  expect(at('class="lead"')).toBeLessThan(at('<figure>'));
  expect(at('<figure>')).toBeLessThan(at('<nav '));
  expect(at('<nav ')).toBeLessThan(at('<h2>Summary'));
  const links = [...page.matchAll(/<a href="#(part-\d+)">(.*?)<\/a>/g)].map(([, id, heading]) => [id, heading]);
  const parts = [...page.matchAll(/<section id="(part-\d+)">\n<h2>(.*?)<\/h2>/g)].map(([, id, heading]) => [
    id,
    heading,
  ]);
  expect(links).toEqual(parts);
  expect(links.length).toBeGreaterThan(6);
});

test('the direction of metrics and the reason of a badge are explained once', async () => {
  const reason = 'The learning rate of <LoRA> was not chosen by a sweep.';
  const untuned = { state: 'untuned' as const, reason };
  const every = { ...options, tuned: { runs: untuned, studies: new Map(studies.map(({ id }) => [id, untuned])) } };
  const page = await readFile((await writeReport(every)).path, 'utf8');
  expect(page.match(/higher is better/g)).toHaveLength(1);
  expect(page.match(/was not chosen by a sweep/g)).toHaveLength(1);
  expect(page.match(/<strong>Untuned\.<\/strong> The reason is the same as above\./g)).toHaveLength(studies.length);
  expect(page).toMatch(
    /Alone<span class="quiet"> ↑<\/span>[\s\S]*?Forgetting|Interpolation barrier, loss<span class="quiet"> ↓/,
  );
});

test('the typeface is in the file, which may load no other, and is there before a figure is drawn', async () => {
  const page = await readFile((await writeReport(options)).path, 'utf8');
  for (const name of ['inter-report.woff2', 'inter-digits.woff2'])
    expect(page).toContain(await readFile(path.join(options.fonts, name), 'base64'));
  expect(page).toContain('font-src data:;');
  expect(page).toMatch(/font: 13px\/20px Inter,[^;]*; font-variant-numeric: tabular-nums;/);
  expect(page.indexOf('document.fonts.load')).toBeLessThan(page.indexOf('inTheme();'));
});

test('names are escaped everywhere, and no text can end a script early', async () => {
  const page = await readFile((await writeReport(options)).path, 'utf8');
  expect(page).not.toContain('<script>alert(1)');
  expect(page).toContain('Demo &lt;script&gt;alert(1)&lt;/script&gt;');
  // The figures' data, the scripts for paper and for drawing, and the bundle, whose text holds no end of a script.
  expect(page.match(/<\/script>/g)).toHaveLength(4);
  expect(html`<a title="${'"x" & <y>'}">${3}</a>`.html).toBe('<a title="&quot;x&quot; &amp; &lt;y&gt;">3</a>');
  expect(JSON.parse(scriptJson({ text: '</script>\u2028' }).html)).toEqual({ text: '</script>\u2028' });
  expect(scriptText('"</SCRIPT>"').html).toBe('"<\\/SCRIPT>"');
});

test('each study says how it was made, with the command that makes it again and the files of its tables', async () => {
  const page = await readFile((await writeReport(options)).path, 'utf8');
  expect(page.match(/not recorded by the version that made it/g)).toHaveLength(studies.length);
  expect(page).toContain('<strong>Untuned.</strong> The learning rate of &lt;LoRA&gt; was not chosen by a sweep.');
  expect(page).toContain('<strong>Tuned.</strong> Each learning rate was chosen.');
  expect(page).toContain('<pre>coto study study.yaml</pre><pre>kind: pruning # &lt;again&gt;</pre>');
  const names = [...page.matchAll(/report-\d-\d\.csv/g)].map(([name]) => name);
  expect(names.length).toBeGreaterThanOrEqual(studies.length);
  for (const name of names) expect(existsSync(path.join(folder, 'below', name)), name).toBe(true);
  const { kind, result, config } = studies[2] ?? {};
  const [table] = studyKind(kind ?? '').table(result, config, studyWords);
  expect(await readFile(path.join(folder, 'below', 'report-3-1.csv'), 'utf8')).toBe(
    tableCsv(table ?? { columns: [], rows: [] }),
  );
  expect(tableCsv({ columns: [{ label: 'a, "b"' }, { label: 'c' }], rows: [{ cells: ['1', 'x\ny'] }] })).toBe(
    '"a, ""b""",c\r\n1,"x\ny"\r\n',
  );
  const numeric = { label: 'lost', numeric: true };
  expect(tableCsv({ columns: [numeric, { label: 'why' }], rows: [{ cells: ['−1.2', 'α − β'] }] })).toBe(
    'lost,why\r\n-1.2,α − β\r\n',
  );
});

test('CSV and JSON beside it hold the same values', async () => {
  await writeReport(options);
  const csv = await readFile(path.join(folder, 'below', 'report.csv'), 'utf8');
  const lines = csv.trimEnd().split('\r\n');
  expect(lines[0]).toBe('id,quantity,unit,method,seed,value');
  expect(lines).toContain('alone,Alone,fraction,LoRA,2,0.72');
  expect(lines).toContain(
    '"barrier/accuracy","Interpolation barrier, accuracy",fraction,LoRA,,0.11'.replace(
      '"barrier/accuracy"',
      'barrier/accuracy',
    ),
  );
  const json = z
    .object({
      table: z.array(z.object({ id: z.string(), difference: z.object({ mean: z.number() }).nullable() })),
      conclusions: z.array(z.string()),
      models: z.array(z.object({ fingerprint: z.string() })),
    })
    .parse(JSON.parse(await readFile(path.join(folder, 'below', 'report.json'), 'utf8')));
  expect(json.table.find((row) => row.id === 'alone')?.difference?.mean).toBeCloseTo(0.02, 12);
  expect(json.models[0]?.fingerprint).toBe('f0e1d2c3');
  expect(json.conclusions.length).toBeGreaterThan(0);
});

test('findings about the runs are listed with severity, numbers, fix and settings', async () => {
  const { path: written } = await writeReport(options);
  const page = await readFile(written, 'utf8');
  expect(page).toContain(
    '<tr><td>LoRA + CoTo · seed 1</td><td>Learning rate too high</td><td>Warning</td><td>It rose to &lt;7&gt;.</td><td>Lower it.</td><td>learning_rate: 0.0001</td></tr>',
  );
  const text = await readFile(written.replace('.html', '.md'), 'utf8');
  expect(text).toContain(
    '| Learning rate too high | Warning | It rose to \\<7>. | Lower it. | learning\\_rate: 0.0001 |',
  );
  const { runs: listed } = JSON.parse(await readFile(written.replace('.html', '.json'), 'utf8'));
  expect(listed[1]).toMatchObject({ id: 'b', findings: [{ id: 'learning-rate-high' }] });
  const [run] = runs;
  const none = await writeReport({
    ...options,
    runs: run ? [run] : [],
    path: path.join(folder, 'well', 'report.html'),
  });
  expect(await readFile(none.path, 'utf8')).toMatch(
    /<h2>Diagnosis<\/h2>\n<p>The record of the run shows nothing wrong\.<\/p>/,
  );
  expect(await readFile(none.path.replace('.html', '.md'), 'utf8')).toContain('## Diagnosis\n\nThe record of the run');
});

test('runs that are known by the entity F1 have it drawn over their evaluations', async () => {
  const scores = makeCurve('eval_entity_f1', [0, 1, 2], [0.2, 0.5, 0.6]);
  const curves = new Map(runs.map(({ id }) => [id, new Map([['eval_entity_f1', scores]])]));
  const { path: written } = await writeReport({ ...options, curves, path: path.join(folder, 'tagged', 'report.html') });
  const page = await readFile(written, 'utf8');
  expect(page).toContain('Test entity F1');
  expect(page).toContain('entity F1 (%)');
});

test('a report of one run without results says so', async () => {
  const bare = { ...runRecord('e', 5, false, 0.5, 100), result: null, facts: null };
  const file = path.join(folder, 'bare.html');
  await writeReport({ ...options, path: file, runs: [bare], studies: [], curves: new Map(), activation: new Map() });
  const page = await readFile(file, 'utf8');
  expect(page).toContain('No run has a result yet.');
  expect(page).not.toContain('NaN');
});

test('without the bundle or the typeface nothing is written', async () => {
  const file = path.join(folder, 'none', 'report.html');
  await expect(writeReport({ ...options, path: file, plotlyScript: path.join(folder, 'missing.js') })).rejects.toThrow(
    /missing\.js/,
  );
  await expect(writeReport({ ...options, path: file, fonts: path.join(folder, 'missing-fonts') })).rejects.toThrow(
    /missing-fonts/,
  );
  await expect(readFile(file)).rejects.toThrow();
});

test('a report says the variant of its runs, and tells two bases of one name apart', async () => {
  const dora = runs.map((run) => ({
    ...run,
    config: { ...run.config, adapter: { ...run.config.adapter, variant: 'dora' } },
  }));
  const twin = { ...model, id: 'twin', path: '/elsewhere' };
  const file = path.join(folder, 'dora', 'report.html');
  await writeReport({ ...options, path: file, runs: dora, studies: [], models: [model, twin] });
  const page = await readFile(file, 'utf8');
  expect(page).toContain('<th class="number">DoRA</th><th class="number">DoRA + CoTo</th>');
  expect(page).toContain('DoRA + CoTo is clearly better in');
  expect(page).toContain(`${model.name} (/elsewhere)`);
  const csv = await readFile(path.join(folder, 'dora', 'report.csv'), 'utf8');
  expect(csv).toContain('alone,Alone,fraction,DoRA + CoTo,1,0.73');
});

test('a report of studies alone has their tables, and no comparison', async () => {
  const study = {
    ...studies[0],
    name: 'A grid',
    kind: 'ablation',
    config: {
      kind: 'ablation' as const,
      run: runConfigSchema.parse({}),
      grid: { coto: [null] },
      seeds: [1],
      metric: 'accuracy',
      reference: null,
    },
    result: {
      kind: 'ablation' as const,
      examples: 100,
      metric: 'accuracy',
      reference: 0,
      cells: [{ label: 'without CoTo', settings: { coto: null }, coto: false, scores: [{ seed: 1, value: 0.7 }] }],
    },
  };
  const file = path.join(folder, 'ablation', 'report.html');
  await writeReport({ ...options, path: file, runs: [], studies: [studyRecordSchema.parse(study)] });
  const page = await readFile(file, 'utf8');
  expect(page).toContain('<h2>A grid</h2>');
  expect(page).toContain('<td>without CoTo</td>');
  expect(page).not.toContain('With and without CoTo');
  expect(page.match(/<figure>/g)).toHaveLength(1);
});

test('the page allows its own scripts by their hashes, and no other', async () => {
  const page = await readFile((await writeReport(options)).path, 'utf8');
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? '';
  const scripts = [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, code = '']) => code);
  expect(scripts).toHaveLength(3);
  const hashes = scripts.map((code) => `'sha256-${createHash('sha256').update(code).digest('base64')}'`);
  expect(policy).toContain(`script-src ${hashes.join(' ')};`);
});

test('runs of several configs are compared by config, each with its interval and its paired difference', async () => {
  const variants = [1, 2, 3].flatMap((seed) => [
    withRank(runRecord(`a${seed}`, seed, false, 0.7 + seed / 100, 300), 4),
    withRank(runRecord(`b${seed}`, seed, false, 0.72 + seed / 50, 300), 8),
    withRank(runRecord(`c${seed}`, seed, true, 0.75, 300), 8),
  ]);
  const file = path.join(folder, 'configs', 'report.html');
  await writeReport({ ...options, path: file, runs: variants, studies: [], curves: new Map(), activation: new Map() });
  const page = (await readFile(file, 'utf8')).replace(/<style>[\s\S]*?<\/style>/, '');
  // 0.72 ± t(0.975, 2) · 0.01 / √3; differences 0.03, 0.04, 0.05.
  expect(page).toMatch(
    /<td>LoRA · r 4 \(reference\)<\/td><td class="number">71\.0, 72\.0, 73\.0<\/td><td class="number">72\.0<\/td><td class="number">2\.5<\/td>/,
  );
  expect(page).toMatch(
    /<td>LoRA · r 8 \(reference\)<\/td>.*?<td class="number">\+4\.0<\/td><td class="number">2\.5<\/td>/,
  );
  expect(page).toContain('LoRA · r 8 against LoRA · r 4: accuracy 4.0 points higher (95% CI ±2.5).');
  expect(page).toContain('<td>adapter.parameters.r</td><td>4</td><td>8</td><td>8</td>');
  const csv = await readFile(path.join(folder, 'configs', 'report.csv'), 'utf8');
  expect(csv).toContain('accuracy,Accuracy,fraction,LoRA + CoTo,2,0.75');
  const markdown = await readFile(path.join(folder, 'configs', 'report.md'), 'utf8');
  expect(markdown).toMatch(/^# Demo \\<script>alert\(1\)\\<\/script>\n/);
  expect(markdown).toContain('| LoRA · r 4 (reference) | 71.0, 72.0, 73.0 | 72.0 | 2.5 |');
});

test('only the chosen sections are written, below the note', async () => {
  const file = path.join(folder, 'sections', 'report.html');
  await writeReport({ ...options, path: file, sections: ['summary', 'setup'] });
  const page = await readFile(file, 'utf8');
  expect(page).toContain('<p class="note">Why we &lt;ran&gt; it.</p><p class="note">And what for.</p>');
  expect([...page.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, heading]) => heading)).toEqual(['Summary', 'Setup']);
  expect(page).not.toContain('Plotly');
});

function withRank(run: RunRecord, r: number): RunRecord {
  const { adapter } = run.config;
  return { ...run, config: { ...run.config, adapter: { ...adapter, parameters: { ...adapter.parameters, r } } } };
}

test('the samples of one run of each config, with their images in the page', async () => {
  const { path: written } = await writeReport(options);
  const page = await readFile(written, 'utf8');
  const [, image = ''] = /src="data:image\/png;base64,([^"]+)"/.exec(page) ?? [];
  const decoded = await sharp(Buffer.from(image, 'base64')).raw().toBuffer({ resolveWithObject: true });
  expect([decoded.info.width, decoded.info.height]).toEqual([1, 2]);
  expect([decoded.data[0], decoded.data.at(-1)]).toEqual([0, 255]);
  expect(page).toContain('<td>&lt;Bag&gt;</td><td>✗ Shirt (25 %)</td><td>✓ &lt;Bag&gt; (75 %)</td>');
  expect(page).toContain('<td>Name a | sea.</td><td>–</td><td>The sea</td>');
  const text = await readFile(written.replace('.html', '.md'), 'utf8');
  expect(text).toContain('| Name a \\| sea. | – | The sea |');
  expect(text).toContain('| image 1 | \\<Bag> | ✗ Shirt (25 %) | ✓ \\<Bag> (75 %) |');
  const without = await writeReport({ ...options, sections: ['setup'] });
  expect(await readFile(without.path, 'utf8')).not.toContain('<h2>Samples</h2>');
});
