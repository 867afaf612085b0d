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
 * Terms: adapter adaptador · run execução · merge mesclar, mesclagem · prune podar, poda · seed semente · learning rate taxa de aprendizado ·
 * step passo · base (modelo) base · study estudo · loss perda · forgetting esquecimento · score pontuação · task tarefa · queue fila ·
 * row linha · label rótulo · rank posto · bench bancada · shelf estante · schedule cronograma. Words that researchers leave in English:
 * dataset, checkpoint, benchmark, backend, embedding, prompt, token, tag, job, log, thread.
 */
export const ptBR: Catalog = {
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
