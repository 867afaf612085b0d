import type { Services } from '../services.ts';
import { convertExecutor } from './convert.ts';
import { downloadExecutor } from './download.ts';
import { evaluateExecutor } from './evaluate.ts';
import type { JobExecutors } from './executor.ts';
import { exportExecutor } from './export.ts';
import { generateExecutor } from './generate.ts';
import { importExecutor } from './import.ts';
import { mergeExecutor } from './merge.ts';
import { pretrainExecutor } from './pretrain.ts';
import { pruneExecutor } from './prune.ts';
import { reportExecutor } from './report.ts';
import { studyExecutor } from './study.ts';
import { trainExecutor } from './train.ts';

/** What each kind of job does. */
export function jobExecutors(services: Services): JobExecutors {
  return {
    train: trainExecutor(services),
    evaluate: evaluateExecutor(services),
    merge: mergeExecutor(services),
    prune: pruneExecutor(services),
    study: studyExecutor(services),
    report: reportExecutor(services),
    export: exportExecutor(services),
    convert: convertExecutor(services),
    download: downloadExecutor(services),
    import: importExecutor(services),
    generate: generateExecutor(services),
    pretrain: pretrainExecutor(services),
  };
}
