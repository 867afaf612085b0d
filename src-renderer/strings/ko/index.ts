import type { Catalog } from '../catalog.ts';
import { adapters } from './adapters.ts';
import { app } from './app.ts';
import { benchmarks } from './benchmarks.ts';
import { compare } from './compare.ts';
import { data } from './data.ts';
import { dataEditor } from './data-editor.ts';
import { exportWords } from './export.ts';
import { figures } from './figures.ts';
import { guide } from './guide.ts';
import { held } from './held-jobs.ts';
import { home } from './home.ts';
import { jobs } from './jobs.ts';
import { merge } from './merge.ts';
import { models } from './models.ts';
import { playground } from './playground.ts';
import { prune } from './prune.ts';
import { reports } from './reports.ts';
import { run } from './run.ts';
import { runs } from './runs.ts';
import { settings } from './settings.ts';
import { studies } from './studies.ts';
import { table } from './table.ts';
import { tour } from './tour.ts';
import { train } from './train.ts';

/**
 * Korean. Terms: adapter 어댑터 · run 실행 · merge 병합 · prune 프루닝 · seed 시드 · learning rate 학습률 · step 스텝 · dataset 데이터셋 ·
 * base 베이스 (모델) · checkpoint 체크포인트 · study 연구 · loss 손실 · forgetting 망각 · training 학습 · bench 작업대.
 */
export const ko: Catalog = {
  adapters,
  app,
  benchmarks,
  compare,
  data,
  dataEditor,
  export: exportWords,
  figures,
  guide,
  held,
  home,
  jobs,
  merge,
  models,
  playground,
  prune,
  reports,
  run,
  runs,
  settings,
  studies,
  table,
  tour,
  train,
};
