import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';
import { adaptersOf, counted, jobsOf, plural, runsOf, studiesOf } from './counts.ts';

export const home: Catalog['home'] = {
  title: 'Início',
  summary: (runs, studies) => [runsOf(runs), ...(studies > 0 ? [studiesOf(studies)] : [])].join(', '),
  tryAgain: 'Tentar de novo',

  now: 'Agora',
  nothing: 'Nada em andamento.',
  startRun: 'Preparar uma execução',
  starting: 'Iniciando',
  cancel: 'Cancelar',
  cancelJob: (title) => `Cancelar ${title}`,
  progressOf: (title) => `Progresso de ${title}`,
  liveLoss: 'Perda de treinamento do job em andamento',
  liveStrip: 'Camadas ativas do job em andamento',
  queue: 'Fila',
  queued: jobsOf,
  left: (duration) => `cerca de ${duration} no total`,
  partsOfStudies: (count) => `e ${counted(count, 'parte de estudos', 'partes de estudos')}`,
  more: (count) => `e mais ${formatCount(count)}`,
  pauseQueue: 'Pausar fila',
  resumeQueue: 'Retomar fila',
  pauseHelp: 'O job em andamento continua. Nenhum outro treinamento ou estudo começa até que a fila seja retomada.',
  move: (title) => `Mover ${title}`,
  moveHelp: 'Arrastar, ou pressionar as setas para cima e para baixo, para mudar a ordem',

  away: 'Durante a ausência',
  attention: 'Requer atenção',
  finishedCount: (count) => plural(count, { one: '# concluído', other: '# concluídos' }),
  interruptedCount: (count) => plural(count, { one: '# interrompido', other: '# interrompidos' }),
  failedCount: (count) => plural(count, { one: '# com falha', other: '# com falha' }),
  pausedByQuitting: (count) => counted(count, 'execução foi pausada ao sair', 'execuções foram pausadas ao sair'),
  pausedCount: (count) => plural(count, { one: '# pausado', other: '# pausados' }),
  resume: 'Retomar',
  resumeOne: (name) => `Retomar ${name}`,
  resumeAll: 'Retomar tudo',
  dismiss: 'Dispensar',
  dismissOne: (name) => `Dispensar ${name}`,
  dismissAll: 'Dispensar tudo',
  dismissed: (count) => counted(count, 'entrada dispensada', 'entradas dispensadas'),
  runNotResumed: 'A execução não foi retomada',
  studyNotResumed: 'O estudo não foi retomado',
  quitDuring: 'O CoTo Studio foi encerrado durante esta execução.',
  notStarted: 'não iniciado',
  step: (step, total) =>
    total === null ? `passo ${formatCount(step)}` : `passo ${formatCount(step)} de ${formatCount(total)}`,

  checklist: {
    title: 'Primeiros passos',
    note: 'funciona offline com o modelo e os dados incluídos',
    progress: (done, all) => `${done} de ${all}`,
    allDone: 'Tudo feito.',
    done: 'Feito:',
    running: 'Em andamento…',
    demo: {
      title: 'Executar o estudo de demonstração',
      text: 'Treina LoRA com e sem CoTo com duas sementes; depois mescla, interpola e poda os adaptadores e escreve um relatório. O rápido leva até um minuto com dois núcleos; o completo, de três a vinte minutos, conforme o hardware.',
    },
    report: {
      title: 'Ver o relatório',
      text: 'Um arquivo com a comparação, suas figuras, configurações e hashes. Abre aqui.',
      action: 'Abrir relatório',
      none: 'Disponível depois da demonstração.',
    },
    data: {
      title: 'Adicionar dados próprios',
      text: 'Um arquivo de texto (CSV, JSONL, Parquet…), ou uma pasta com uma pasta de imagens por classe.',
      action: 'Adicionar um dataset',
    },
    model: {
      title: 'Adicionar um modelo próprio',
      text: 'Uma pasta de modelo do Hugging Face, um arquivo GGUF ou um download do hub.',
      action: 'Adicionar um modelo',
    },
    merge: {
      title: 'Fazer a primeira mesclagem',
      text: 'Arrastar dois adaptadores de uma base para a bancada e pressionar Mesclar.',
      action: 'Abrir Mesclar',
    },
  },

  demo: {
    title: 'Estudo de demonstração',
    note: 'base e dados incluídos',
    text: 'LoRA com e sem CoTo, duas sementes cada, depois mesclados e podados, com um relatório.',
    length: 'Duração do estudo de demonstração',
    quick: 'Rápido',
    full: 'Completo',
    start: 'Iniciar o estudo de demonstração',
    notStarted: 'O estudo de demonstração não foi iniciado',
    queued: 'Estudo de demonstração na fila',
    contents: (runs, studies) => `${runsOf(runs)} e ${studiesOf(studies)}`,
  },

  findings: {
    title: 'A demonstração terminou',
    metric: 'Métrica',
    difference: 'Diferença',
    note: (pairs) =>
      pairs < 2
        ? 'Diferença: com CoTo menos sem CoTo.'
        : 'Diferença: com CoTo menos sem CoTo, pareada por semente; ± é metade do intervalo de 95%.',
    open: 'Abrir relatório',
  },

  goOn: {
    title: 'Continuar',
    report: 'Último relatório',
    comparison: 'Última comparação',
    comparedRuns: runsOf,
    bench: 'Bancada de mesclagem',
    adapters: adaptersOf,
  },

  machine: {
    title: 'Esta máquina',
    settings: 'Configurações',
    backend: 'Backend de computação',
    memory: 'Memória',
    gpuMemory: 'Memória da GPU',
    gpuHelp: (name) => `${name}: parte de sua memória usada por todos os programas`,
    gpuUtilization: 'Uso da GPU',
    memoryHelp: 'Parte da memória usada pelo backend',
    of: (used, total) => `${used} de ${total}`,
    storage: 'Espaço usado',
    detecting: 'detectando…',
    disk: 'Disco livre',
  },

  recent: {
    title: 'Execuções recentes',
    all: 'Todas as execuções',
    label: 'Execuções recentes',
    columns: { name: 'Execução', score: 'Pontuação', step: 'Passo', finished: 'Fim' },
    withCoto: 'com CoTo',
    scoreHelp: 'Acurácia; em modelos de linguagem, correspondência exata ou perplexidade',
    stepHelp: 'Mediana do tempo real de um passo do otimizador',
  },
  jobNotStopped: 'A execução não foi parada',
  jobNotMoved: 'O job não foi movido',
  queueNotChanged: 'A fila não foi alterada',
  cancelEndsAtOnce: 'Termina imediatamente e nada é salvo.',
};
