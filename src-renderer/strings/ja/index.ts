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
 * Japanese. Terms: adapter アダプター · run ラン · merge マージ · prune 枝刈り · seed シード · learning rate 学習率 · step ステップ ·
 * dataset データセット · base ベース(モデル) · checkpoint チェックポイント · study スタディ · loss 損失 · forgetting 忘却 · training 学習 ·
 * bench 作業台.
 */
export const ja: Catalog = {
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
