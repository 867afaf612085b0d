import { anyLength } from '../../../src-shared/domain/models/model.ts';
import { formatBytes } from '../../../src-shared/format/bytes.ts';
import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';
import { classesOf, counted, layersOf, tokensOf } from './counts.ts';

export const models: Catalog['models'] = {
  title: 'Modelos',
  count: (count) => counted(count, 'modelo base', 'modelos base'),
  list: 'Modelos base',
  filter: 'Filtrar modelos…',
  noMatch: 'Ningún modelo coincide',
  empty: 'Aún no hay modelos. Añadir una carpeta de Hugging Face (config.json y safetensors) o un archivo GGUF.',
  drop: 'Soltar una carpeta de modelo (config.json y safetensors) o un archivo GGUF para añadirlo',
  download: 'Descargar de Hugging Face…',
  add: 'Añadir carpeta de modelo',
  addGguf: 'Añadir archivo GGUF…',
  chooseFolder: 'Elegir una carpeta de modelo de Hugging Face',
  chooseGguf: 'Elegir un archivo GGUF',
  added: 'Modelo añadido',
  known: 'Ya está en la lista',
  bundled: 'incluido',
  folderGone: {
    message: 'La carpeta de este modelo falta o no se puede leer, así que no se puede entrenar nada con él.',
    hint: 'Restaurar la carpeta, o quitar el modelo de la lista.',
  },
  rename: {
    item: 'Renombrar…',
    title: 'Renombrar modelo base',
    label: 'Nombre',
    confirm: 'Renombrar',
    cancel: 'Cancelar',
    failed: 'No se renombró el modelo',
  },
  weightFormat: 'Pesos',
  weightFormatHelp:
    'Los archivos GGUF permanecen cuantizados en memoria. Los safetensors se fusionan y exportan sin pérdida.',
  dismiss: 'Descartar',
  tryAgain: 'Reintentar',
  quantize: {
    action: 'Cuantizar…',
    title: (name) => `Cuantizar ${name}`,
    help: 'Escribe una copia más pequeña de la base; la base misma se conserva. Los adaptadores se entrenan sobre la copia con una fracción de la memoria, a costa de algo de exactitud.',
    type: 'Tipo',
    choice: (label, sizes) => (sizes === '' ? label : `${label}: ${sizes}`),
    sizes: (before, after) =>
      `${formatBytes(after)} en vez de ${formatBytes(before)} (${Math.round((100 * after) / before)} %)`,
    name: 'Nombre',
    cancel: 'Cancelar',
    start: 'Cuantizar',
    from: 'Cuantizado de',
  },
  addTokens: {
    action: 'Añadir tokens…',
    title: (name) => `Añadir tokens a ${name}`,
    help: 'Escribe una copia de la base cuyo tokenizador tiene estos tokens; la base misma se conserva. Sus filas en el embedding y en la cabeza empiezan como la media de todas las demás: en una ejecución se entrenan con Trained tokens.',
    tokens: 'Tokens',
    tokensHelp: 'Un token por línea.',
    special: 'Tokens especiales',
    specialHelp: 'No aparecen en el texto generado, como las marcas de una plantilla de chat.',
    name: 'Nombre',
    cancel: 'Cancelar',
    start: 'Añadir tokens',
    noText: 'Este modelo no lee texto.',
  },
  layers: (layers, width, encoder) =>
    `${layersOf(layers)}${encoder === null ? '' : ` (${encoder} del codificador, ${layers - encoder} del decodificador)`} · dimensión oculta ${formatCount(width)}`,
  experts: (count) => `${formatCount(count)} en cada capa con expertos`,
  roles: { head: 'cabeza de tarea', expert: 'experto', adapter: 'adaptador' },
  roleHelp:
    'Una cabeza de tarea se entrena por completo. Los expertos llevan un adaptador mediante target_parameters; los demás, mediante target_modules.',
  classes: classesOf,
  ignoredImages: 'Sin usar: este es solo el modelo de texto',
  unusedHead: (architecture) => `Sin usar: la de ${architecture}`,
  textInput: (positions, vocabulary) =>
    `texto, ${positions >= anyLength ? 'de cualquier longitud' : `hasta ${tokensOf(positions)}`}; vocabulario de ${formatCount(vocabulary)}`,
  asTheyAre: 'tal cual',
  memoryToTrain: 'Memoria para entrenar',
  memoryNote: (tokens, free, device) =>
    `LoRA r 16 en todas las capas lineales${tokens === null ? '' : `, ${tokensOf(tokens)}`}; ${free} libres${device === null ? '' : ` en ${device}`} ahora`,
  trainWith: (batch, checkpointing) => `Entrenar con lote ${batch}${checkpointing ? ', gradient checkpointing' : ''}`,
  batch: 'Lote',
  batchHelp: 'per_device_train_batch_size × gradient_accumulation_steps: el lote efectivo es el mismo',
  batchOf: (size, accumulation) => `${size} × ${accumulation}`,
  checkpointing: 'Gradient checkpointing',
  parameters: (count) => `${count} parámetros`,
  plannedMemory: (bytes, batch, free) =>
    `Entrenar con LoRA r 16 en todas las capas lineales ocupa ${bytes} (lote ${batch}) de ${free} libres:`,
  on: 'activado',
  off: 'desactivado',
  memory: 'Memoria',
  verdict: 'En esta máquina',
  verdicts: { fits: 'cabe', tight: 'justo', 'does not fit': 'no cabe' },
  trainsIn: (memory) => `se entrena en ${memory}`,
  removeQuestion: (name) => `¿Quitar el modelo “${name}”?`,
};
