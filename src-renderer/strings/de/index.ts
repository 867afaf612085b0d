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
 * German. Terms: run Lauf · base Basis(modell) · dataset Datensatz · row Zeile · score Wert, Bewertung · merge mergen, der Merge · prune
 * prunen · bench Werkbank · shelf Regal · study Studie · report Bericht · queue Warteschlange · rank Rang · schedule Zeitplan ·
 * forgetting Vergessen · log Protokoll. Words that researchers leave in English: Adapter, Seed, Loss, Checkpoint, Baseline, Split, Label, Token,
 * Prompt, Template, Benchmark, Sweep, Tag.
 */
export const de: Catalog = {
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
