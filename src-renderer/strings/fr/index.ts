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
 * French. Terms: adapter adaptateur · run run (m.) · merge fusionner, la fusion · prune élaguer, l’élagage · seed graine · learning
 * rate taux d’apprentissage · step étape · dataset jeu de données · row ligne · base base, modèle de base · study étude · loss perte ·
 * forgetting oubli · setting réglage · bench établi · shelf étagère · schedule calendrier · log journal. Kept in English, or the same:
 * checkpoint, baseline, split, label, token, prompt, template, benchmark, sweep, tag, job, backend.
 */
export const fr: Catalog = {
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
