import { expect, it } from 'vitest';
import { jobs } from '../../../src-main/backend/job-kinds.ts';
import { openStore } from '../../../src-main/store/open-store.ts';
import { jobAnswerSchema, jobKindSchema } from '../../../src-shared/domain/jobs/job.ts';

it('has one job for each kind, and one kind for each job', () => {
  expect(jobs.map(({ kind }) => kind).sort()).toEqual([...jobKindSchema.options].sort());
});

it('asks every kind which adapters it needs', () => {
  const adapters = ['a', 'b'].map((adapterId) => ({ adapterId, weight: 1 }));
  const details = { name: 'x', method: 'm', parameters: {}, eval_samples: 0 };
  const ablation = { kind: 'ablation', run: {}, grid: { coto: [null] }, seeds: [1] };
  const pretrain = { model_config: 'config.json', train_data: ['text'] };
  const payloads: Record<string, { payload: unknown; needs: unknown[] }> = {
    train: { payload: { runId: 'run', resumeFrom: null }, needs: [] },
    'time-steps': { payload: { config: {} }, needs: [] },
    evaluate: {
      payload: { request: { model: 'm', dataset: 'd', adapters: [{ adapter: { runId: 'run' } }] } },
      needs: [{ runId: 'run' }],
    },
    benchmark: {
      payload: { request: { model: 'm', tasks: '/tasks', columns: [null, { adapterId: 'a' }] } },
      needs: [{ adapterId: 'a' }],
    },
    merge: { payload: { ...details, adapters }, needs: adapters },
    prune: { payload: { ...details, adapterId: 'a' }, needs: [{ adapterId: 'a' }] },
    route: {
      payload: {
        adapters: ['a', 'b'],
        routers: [{ router: 'uniform', parameters: {} }],
        datasets: ['d'],
        eval_samples: 0,
        tuning_samples: 0,
      },
      needs: [{ adapterId: 'a' }, { adapterId: 'b' }],
    },
    study: { payload: { studyId: 'gone' }, needs: [] },
    score: {
      payload: {
        modelId: 'm',
        datasets: [{ datasetId: 'd', eval_samples: 0, settings: {} }],
        specs: [
          {
            place: 0,
            kind: 'score',
            key: 'x',
            title: 'x',
            dataset: 'd',
            eval_samples: 0,
            contentKey: 'k',
            content: '{}',
            subject: {
              kind: 'prune',
              method: 'm',
              parameters: {},
              subject: { kind: 'adapter', adapter: { adapterId: 'a' } },
            },
          },
        ],
      },
      needs: [{ adapterId: 'a' }],
    },
    masks: {
      payload: {
        modelId: 'm',
        datasets: [{ datasetId: 'd', eval_samples: 0, settings: {} }],
        specs: [
          {
            place: 0,
            kind: 'masks',
            key: 'x',
            title: 'x',
            dataset: 'd',
            eval_samples: 0,
            contentKey: 'k',
            content: '{}',
            unit: 'layer',
            masks: { kind: 'all' },
            subject: { kind: 'adapter', adapter: { runId: 'run' } },
          },
        ],
      },
      needs: [{ runId: 'run' }],
    },
    mergeability: {
      payload: {
        modelId: 'm',
        maps: [
          {
            key: 'x',
            title: 'x',
            names: ['a', 'b'],
            adapterIds: ['a', 'b'],
            seed: 0,
            contentKey: 'k',
            content: '{}',
          },
        ],
      },
      needs: [{ adapterId: 'a' }, { adapterId: 'b' }],
    },
    report: { payload: { reportId: 'r', name: 'x', runIds: [], studyIds: [] }, needs: [] },
    'package-study': { payload: { studyId: 'gone', path: '/x' }, needs: [] },
    export: { payload: { adapterId: 'a', target: 'peft', path: '/x' }, needs: [{ adapterId: 'a' }] },
    convert: { payload: { modelId: 'm', name: 'x', file: '/x.gguf' }, needs: [] },
    quantize: { payload: { modelId: 'm', name: 'x', baseId: 'b', type: 'nf4' }, needs: [] },
    'add-tokens': {
      payload: { modelId: 'm', name: 'x', baseId: 'b', tokens: [{ content: '<x>', special: true }] },
      needs: [],
    },
    download: { payload: { modelId: 'm', repository: 'r', revision: 'main' }, needs: [] },
    import: { payload: { datasetId: 'd', path: '/x', name: null, options: {} }, needs: [] },
    'import-adapter': { payload: { path: '/x', modelId: 'm', name: 'x' }, needs: [] },
    'import-runs': { payload: { path: '/x' }, needs: [] },
    bundle: { payload: { config: ablation, name: 'x', path: '/x', inputsInPlace: false }, needs: [] },
    collect: { payload: { path: '/x' }, needs: [] },
    'train-on-target': { payload: { studyId: 's', target: 'slurm', trainings: [] }, needs: [] },
    generate: {
      payload: { request: { model: 'm', columns: [null, { adapterId: 'a' }], prompt: { kind: 'text', text: 'x' } } },
      needs: [{ adapterId: 'a' }],
    },
    classify: {
      payload: {
        request: { model: 'm', columns: [null, { adapterId: 'a' }], image: { kind: 'file', path: '/x.png' } },
      },
      needs: [{ adapterId: 'a' }],
    },
    'embed-texts': {
      payload: { request: { model: 'm', adapter: { adapterId: 'a' }, inputs: ['x'] } },
      needs: [{ adapterId: 'a' }],
    },
    pretrain: { payload: { modelId: 'm', name: 'x', config: pretrain, path: '/x' }, needs: [] },
  };
  const store = openStore(':memory:');
  for (const job of jobs) {
    const known = payloads[job.kind];
    expect(job.references(known?.payload, store), job.kind).toEqual(known?.needs);
  }
  store.close();
});

it('reads results as the version before kept them', () => {
  const result = { steps: 3, accuracy: 0.5, evalLoss: 1, trainLoss: 1, meanStepMilliseconds: 1 };
  const kept = { ...result, medianStepMilliseconds: 1, meanActiveShare: 1, trainSeconds: 1 };
  const train = { kind: 'train', outcome: 'completed', result: kept, adapterDirectory: '/old', adapterStep: 3 };
  expect(jobAnswerSchema.parse({ kind: 'train', result: train }).result).toEqual({
    outcome: 'completed',
    result: { ...kept, metrics: {}, best: null, forgetting: null, stoppedEarly: false },
    adapterStep: 3,
  });
  expect(jobAnswerSchema.parse({ kind: 'study', result: null }).result).toBeNull();
});
