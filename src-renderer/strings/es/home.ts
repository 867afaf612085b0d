import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';
import { adaptersOf, counted, jobsOf, plural, runsOf, studiesOf } from './counts.ts';

export const home: Catalog['home'] = {
  title: 'Inicio',
  summary: (runs, studies) => [runsOf(runs), ...(studies > 0 ? [studiesOf(studies)] : [])].join(', '),
  tryAgain: 'Reintentar',

  now: 'Ahora',
  nothing: 'Nada en ejecución.',
  startRun: 'Preparar una ejecución',
  starting: 'Iniciando',
  cancel: 'Cancelar',
  cancelJob: (title) => `Cancelar ${title}`,
  progressOf: (title) => `Progreso de ${title}`,
  liveLoss: 'Pérdida de entrenamiento del trabajo en curso',
  liveStrip: 'Capas activas del trabajo en curso',
  queue: 'Cola',
  queued: jobsOf,
  left: (duration) => `unos ${duration} en total`,
  partsOfStudies: (count) => `y ${counted(count, 'parte de estudios', 'partes de estudios')}`,
  more: (count) => `y ${formatCount(count)} más`,
  pauseQueue: 'Pausar cola',
  resumeQueue: 'Reanudar cola',
  pauseHelp:
    'El trabajo en curso continúa. No se inicia ningún otro entrenamiento ni estudio hasta que se reanude la cola.',
  move: (title) => `Mover ${title}`,
  moveHelp: 'Arrastrar, o pulsar las flechas arriba y abajo, para cambiar el orden',

  away: 'Durante la ausencia',
  attention: 'Requiere atención',
  finishedCount: (count) => plural(count, { one: '# terminado', other: '# terminados' }),
  interruptedCount: (count) => plural(count, { one: '# interrumpido', other: '# interrumpidos' }),
  failedCount: (count) => plural(count, { one: '# fallido', other: '# fallidos' }),
  pausedByQuitting: (count) => counted(count, 'ejecución se pausó al salir', 'ejecuciones se pausaron al salir'),
  pausedCount: (count) => `${formatCount(count)} en pausa`,
  resume: 'Reanudar',
  resumeOne: (name) => `Reanudar ${name}`,
  resumeAll: 'Reanudar todo',
  dismiss: 'Descartar',
  dismissOne: (name) => `Descartar ${name}`,
  dismissAll: 'Descartar todo',
  dismissed: (count) => counted(count, 'entrada descartada', 'entradas descartadas'),
  runNotResumed: 'No se reanudó la ejecución',
  studyNotResumed: 'No se reanudó el estudio',
  quitDuring: 'CoTo Studio se cerró durante esta ejecución.',
  notStarted: 'sin iniciar',
  step: (step, total) =>
    total === null ? `paso ${formatCount(step)}` : `paso ${formatCount(step)} de ${formatCount(total)}`,

  checklist: {
    title: 'Primeros pasos',
    note: 'funciona sin conexión con el modelo y los datos incluidos',
    progress: (done, all) => `${done} de ${all}`,
    allDone: 'Todo hecho.',
    done: 'Hecho:',
    running: 'En curso…',
    demo: {
      title: 'Ejecutar el estudio de demostración',
      text: 'Entrena LoRA con y sin CoTo con dos semillas; después fusiona, interpola y poda los adaptadores y escribe un informe. El rápido tarda hasta un minuto con dos núcleos; el completo, de tres a veinte minutos, según el hardware.',
    },
    report: {
      title: 'Ver el informe',
      text: 'Un archivo con la comparación, sus figuras, ajustes y hashes. Se abre aquí.',
      action: 'Abrir informe',
      none: 'Disponible después de la demostración.',
    },
    data: {
      title: 'Añadir datos propios',
      text: 'Un archivo de texto (CSV, JSONL, Parquet…), o una carpeta con una carpeta de imágenes por clase.',
      action: 'Añadir un dataset',
    },
    model: {
      title: 'Añadir un modelo propio',
      text: 'Una carpeta de modelo de Hugging Face, un archivo GGUF o una descarga del hub.',
      action: 'Añadir un modelo',
    },
    merge: {
      title: 'Hacer la primera fusión',
      text: 'Arrastrar dos adaptadores de una base a la mesa y pulsar Fusionar.',
      action: 'Abrir Fusionar',
    },
  },

  demo: {
    title: 'Estudio de demostración',
    note: 'base y datos incluidos',
    text: 'LoRA con y sin CoTo, dos semillas cada uno, después fusionados y podados, con un informe.',
    length: 'Duración del estudio de demostración',
    quick: 'Rápido',
    full: 'Completo',
    start: 'Iniciar el estudio de demostración',
    notStarted: 'No se inició el estudio de demostración',
    queued: 'Estudio de demostración en cola',
    contents: (runs, studies) => `${runsOf(runs)} y ${studiesOf(studies)}`,
  },

  findings: {
    title: 'La demostración ha terminado',
    metric: 'Métrica',
    difference: 'Diferencia',
    note: (pairs) =>
      pairs < 2
        ? 'Diferencia: con CoTo menos sin CoTo.'
        : 'Diferencia: con CoTo menos sin CoTo, pareada por semilla; ± es la mitad del intervalo del 95 %.',
    open: 'Abrir informe',
  },

  goOn: {
    title: 'Continuar',
    report: 'Último informe',
    comparison: 'Última comparación',
    comparedRuns: runsOf,
    bench: 'Mesa de fusión',
    adapters: adaptersOf,
  },

  machine: {
    title: 'Esta máquina',
    settings: 'Ajustes',
    backend: 'Backend de cálculo',
    memory: 'Memoria',
    gpuMemory: 'Memoria de GPU',
    gpuHelp: (name) => `${name}: parte de su memoria usada por todos los programas`,
    gpuUtilization: 'Uso de GPU',
    memoryHelp: 'Parte de la memoria usada por el backend',
    of: (used, total) => `${used} de ${total}`,
    storage: 'Espacio usado',
    detecting: 'detectando…',
    disk: 'Disco libre',
  },

  recent: {
    title: 'Ejecuciones recientes',
    all: 'Todas las ejecuciones',
    label: 'Ejecuciones recientes',
    columns: { name: 'Ejecución', score: 'Puntuación', step: 'Paso', finished: 'Fin' },
    withCoto: 'con CoTo',
    scoreHelp: 'Exactitud; en modelos de lenguaje, coincidencia exacta o perplejidad',
    stepHelp: 'Mediana del tiempo real de un paso del optimizador',
  },
  jobNotStopped: 'No se detuvo la ejecución',
  jobNotMoved: 'No se movió el trabajo',
  queueNotChanged: 'No se cambió la cola',
  cancelEndsAtOnce: 'Termina de inmediato y no se guarda nada.',
};
