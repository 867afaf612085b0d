import type { Words } from '../../src-shared/words.ts';
import { adaptersStrings } from './adapters.ts';
import { appStrings } from './app.ts';
import { benchmarksStrings } from './benchmarks.ts';
import { compareStrings } from './compare.ts';
import { dataStrings } from './data.ts';
import { dataEditorStrings } from './data-editor.ts';
import { exportStrings } from './export.ts';
import { figureStrings } from './figures.ts';
import { guideStrings } from './guide.ts';
import { heldStrings } from './held-jobs.ts';
import { homeStrings } from './home.ts';
import { jobsStrings } from './jobs.ts';
import { mergeStrings } from './merge.ts';
import { modelsStrings } from './models.ts';
import { playgroundStrings } from './playground.ts';
import { pruneStrings } from './prune.ts';
import { reportsStrings } from './reports.ts';
import { runStrings } from './run.ts';
import { runsStrings } from './runs.ts';
import { settingsStrings } from './settings.ts';
import { studiesStrings } from './studies.ts';
import { tableStrings } from './table.ts';
import { tourStrings } from './tour.ts';
import { trainStrings } from './train.ts';

/** The window's words in English, which is complete by definition: every locale has the same keys. */
export const english = {
  adapters: adaptersStrings,
  app: appStrings,
  benchmarks: benchmarksStrings,
  compare: compareStrings,
  data: dataStrings,
  dataEditor: dataEditorStrings,
  export: exportStrings,
  figures: figureStrings,
  guide: guideStrings,
  held: heldStrings,
  home: homeStrings,
  jobs: jobsStrings,
  merge: mergeStrings,
  models: modelsStrings,
  playground: playgroundStrings,
  prune: pruneStrings,
  reports: reportsStrings,
  run: runStrings,
  runs: runsStrings,
  settings: settingsStrings,
  studies: studiesStrings,
  table: tableStrings,
  tour: tourStrings,
  train: trainStrings,
} as const;

/** Words that a locale translates. */
export type Catalog = Words<typeof english>;
