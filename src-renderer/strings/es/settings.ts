import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';
import { counted, plural, runsOf } from './counts.ts';

const bundlesOf = (count: number): string => counted(count, 'paquete');

export const settings: Catalog['settings'] = {
  title: 'Ajustes',
  state: (label, device) => `calculando con ${label}${device === null ? '' : `, ${device}`}`,
  diagnostics: {
    collect: 'Recopilar diagnóstico…',
    title: 'Diagnóstico',
    note: 'Para adjuntar a un informe de error. Contiene versiones, la máquina, ajustes, recuentos y las últimas líneas del registro, pero no datos, prompts, nombres ni rutas. Conviene leerlo antes de enviarlo.',
    window: ({ electron, chrome }) => `Ventana\n  Electron ${electron}, Chromium ${chrome}`,
    copy: 'Copiar',
    copied: 'Copiado',
    save: 'Guardar…',
    saved: 'Diagnóstico guardado',
    notSaved: 'No se guardó el diagnóstico',
  },
  tryAgain: 'Reintentar',
  notSaved: 'No se guardó el ajuste',

  appearance: 'Apariencia',
  theme: 'Tema',
  language: 'Idioma',
  languageHelp:
    'Menús y ventanas. La guía, las fichas de métodos, los informes y la línea de comandos están en inglés.',
  systemLanguage: 'Sistema',
  changeKeys: 'Cambiar…',
  themes: { system: 'Sistema', light: 'Claro', dark: 'Oscuro' },

  compute: 'Cálculo',
  computeNote: 'predeterminado para ejecuciones en auto',
  computeBackend: 'Backend de cálculo',
  computeBackendHelp:
    'Automático usa el primero disponible de la tabla, salvo que su benchmark haya encontrado otro claramente más rápido. Un trabajo en curso conserva su backend.',
  automatic: 'Automático',
  notAvailable: (label) => `${label} (no disponible)`,
  probing: 'Sondeando',
  threads: 'Hilos de CPU',
  threadsHelp:
    'Los resultados solo son idénticos bit a bit con el mismo número. Dejar vacío para usar todos los núcleos.',
  threadsRange: (cores) => `Introducir 1–${cores}, o dejar vacío para usar todos.`,
  allThreads: (cores) => `todos (${cores})`,
  all: 'todos',

  leftOver: {
    title: 'Carpetas sobrantes',
    note: 'no forman parte de ninguna ejecución, adaptador ni modelo',
    button: 'Eliminar',
    verb: 'Eliminar',
    consequence: (count) =>
      plural(count, {
        one: 'CoTo Studio no encontró en ella ninguna ejecución, checkpoint, adaptador ni modelo que pueda leer.',
        other: 'CoTo Studio no encontró en ellas ninguna ejecución, checkpoint, adaptador ni modelo que pueda leer.',
      }),
    deleted: 'Carpetas sobrantes eliminadas',
    freed: (size) => `${size} liberados`,
    failed: 'No se eliminaron las carpetas',
    question: (paths) =>
      paths.length === 1
        ? `¿Eliminar la carpeta ${paths[0]}?`
        : `¿Eliminar las ${formatCount(paths.length)} carpetas sobrantes?`,
  },

  targets: {
    title: 'Destinos',
    note: 'otras máquinas que entrenan las ejecuciones de un estudio',
    none: 'Aún no hay ninguno. Añadir un clúster u otras máquinas en un terminal: coto targets add.',
    probe: 'Sondear',
    failed: (name) => `No se sondeó ${name}`,
    ready: 'Un estudio puede ejecutarse ahí.',
    clean: 'Limpiar',
    notListed: (name) => `No se pudieron listar los archivos de ${name}`,
    notCleaned: (name) => `No se limpió ${name}`,
    nothingLeft: 'Ningún estudio ha dejado nada ahí.',
    removedStudy: 'Un estudio eliminado',
    bundle: (study, runs) => `${study} (${runsOf(runs)})`,
    keptFor: (reason) => `Se conserva: ${reason}.`,
    removable: 'Importado; se puede eliminar.',
    remove: (bundles) => `Eliminar ${bundlesOf(bundles)}`,
    consequence:
      'Elimina sus ajustes, registros y resultados en el destino. Bases y datos se quedan ahí para el próximo estudio. Las ejecuciones, los adaptadores y las tablas locales se conservan.',
    removeQuestion: (bundles, name) => `¿Quitar ${bundlesOf(bundles)} de ${name}?`,
  },

  evaluation: 'Evaluación',
  forgetting: 'Medir el olvido',
  forgettingHelp:
    'Muestra junto a cada exactitud lo que un adaptador le cuesta a su base en entradas neutrales fijas: unos cientos de imágenes o dos mil tokens por adaptador.',

  unreadable: {
    title: 'Entradas ilegibles',
    note: 'la base de datos está dañada, o es de otra versión',
    entry: (kind, id) => `${kind} ${id}`,
    delete: 'Eliminar',
    notDeleted: 'No se eliminó la entrada',
  },

  backends: 'Backends de cálculo',
  backendsNote: 'en el orden en que los prueba Automático',
  benchmark: 'Benchmark',
  notBenchmarked: 'No se hizo el benchmark de los backends de cálculo',
  benchmarking: (label) => `Benchmark de ${label}`,
  columns: {
    backend: 'Backend',
    device: 'Dispositivo',
    float32: 'float32',
    bfloat16: 'bfloat16',
    unit: 'GFLOPS',
  },
  float32Help: 'producto de matrices 512 × 512 × 512 (en una GPU 2048), mejor velocidad',
  bfloat16Help: 'el mismo producto en bfloat16 con sumas en float32, donde el backend lo tiene',
  inUse: 'en uso',
  chosen: 'elegido',
  available: 'disponible',
  unavailable: 'no disponible',
  noDevice: 'Sin dispositivo',
  software: 'renderizador por software',
  largestTensor: (bytes) => `tensores de hasta ${bytes}`,
  withFloat16: 'float16',
  withoutFloat16: 'sin float16',

  tensorflow: {
    title: 'TensorFlow',
    note: 'opcional, descarga grande',
    setUp: 'Instalar',
    setUpAgain: 'Instalar de nuevo',
    cancel: 'Cancelar',
    failed: 'No se instaló TensorFlow',
    progress: 'Instalando TensorFlow',
    log: 'Registro',
    isSetUp:
      'libtensorflow está instalado. Instalarlo de nuevo tras cambiar la tarjeta gráfica, o para comprobar sus archivos: solo se descarga lo que falta o está dañado.',
    explanation:
      'Descarga libtensorflow de PyPI (0.3 GB; 3.4 GB con CUDA, si hay un controlador de NVIDIA instalado) y compila sus enlaces. Necesita g++ y Linux.',
    starting: 'Iniciando',
    running: (phase, done, total) => `${phase}: ${done} de ${total}`,
    done: 'Instalado. Lo usará el próximo trabajo que lo necesite.',
    cancelled: 'Cancelado. Lo descargado se conserva para la próxima vez.',
    setupFailed: 'La instalación falló; véase el final del registro.',
  },

  updates: {
    title: 'Actualizaciones',
    off: 'desactivadas',
    onRequest: 'solo a petición',
    feed: 'Origen',
    feedHelp: 'Dirección de la carpeta con las versiones. No se consulta nada antes de elegir Buscar actualizaciones.',
    example: 'https://example.org/coto-studio/',
    turnOn: 'Activar…',
    turnOff: 'Desactivar',
    check: 'Buscar actualizaciones',
    download: 'Descargar',
    cancel: 'Cancelar',
    progress: 'Descargando la actualización',
    failed: 'La actualización falló',
    idle: 'Aún no comprobado.',
    checking: 'Comprobando',
    current: 'Esta es la versión más reciente.',
    available: (version, size) => `La versión ${version} está disponible${size === null ? '' : ` (${size})`}.`,
    downloading: (version, done, size) => `Descargando ${version}: ${done}${size === null ? '' : ` de ${size}`}`,
    ready: (version) => `La versión ${version} está verificada. Se instala al salir.`,
  },

  machine: 'Esta máquina',
  processor: 'Procesador',
  cores: (cpu, cores) => `${cpu}, ${counted(cores, 'núcleo')}`,
  memory: 'Memoria',
  memoryFree: (free, total) => `${free} libres de ${total}`,
  platform: 'Plataforma',
  home: 'Carpeta home',
  homeHelp:
    'Ejecuciones, adaptadores, informes y la base de datos. Definir COTO_STUDIO_HOME antes de iniciar para usar otra.',
  moveHome: {
    button: 'Mover carpeta home…',
    choose: 'Mover la carpeta home a',
    title: 'Moviendo la carpeta home',
    note: 'Mientras tanto no se puede hacer nada más. CoTo Studio se reinicia al final. Al cancelar, la carpeta se queda donde está.',
    progress: 'Progreso del traslado',
    done: (phase, done, total, unit) => `${phase}: ${done} de ${total} ${unit}`,
    cancel: 'Cancelar',
    failed: 'No se movió la carpeta home',
  },
  logs: 'Carpeta de registros',
  logsHelp: 'Un archivo por día para el backend y la app. Adjuntar el más reciente al informar de un error.',
  diskFree: 'Disco libre',

  versions: 'Versiones',
  backendNode: 'Node del backend',
  sqlite: (version, schema) => `${version}, esquema ${schema}`,
  languageNotChanged: 'No se cambió el idioma',
};
