import { expect, it } from 'vitest';
import type { ReportOptions } from '../../../src-main/backend/reports/options.ts';
import { setupFacts } from '../../../src-main/backend/reports/setup.ts';
import { modelRecord } from '../records.ts';
import { runRecord } from './records.ts';

const versions = { studio: '1', node: '2', platform: 'linux' };
const nothing: ReportOptions = {
  path: '/r.html',
  name: 'Report',
  note: '',
  sections: [],
  runs: [],
  studies: [],
  models: [],
  datasets: [],
  curves: new Map(),
  activation: new Map(),
  samples: new Map(),
  diagnoses: new Map(),
  studyYaml: new Map(),
  tuned: { runs: null, studies: new Map() },
  plotlyScript: '',
  fonts: '',
};

it('a report says by which chat templates its runs were written, those of their own in full', () => {
  const own = '{% for m in messages %}<{{ m.content }}>{% endfor %}';
  const runs = ['auto', 'chatml', own, 'chatml'].map((chat_template, index) => {
    const run = runRecord(String(index), index, false, 0.5, 1);
    return { ...run, config: { ...run.config, chat_template } };
  });
  const texts = (kind: 'causal-lm' | 'image-classification') => {
    const { description } = modelRecord;
    const models = [{ ...modelRecord, id: 'model', description: { ...description, kind } }];
    return setupFacts({ ...nothing, runs, models }, versions).flatMap(({ label, value }) =>
      label === 'Chat template' ? [value] : [],
    );
  };
  expect(texts('causal-lm')).toEqual(["auto: the model's own where it has one, else plain text", 'chatml', own]);
  expect(texts('image-classification')).toEqual([]);
});
