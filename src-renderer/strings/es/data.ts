import { anyLength } from '../../../src-shared/domain/models/model.ts';
import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';
import { classesOf, counted, plural, rowsOf, tokensOf } from './counts.ts';

/** "la primera fila", "las primeras 5 filas" */
const firstRowsOf = (count: number): string =>
  plural(count, { one: 'la primera fila', many: 'el primer # de filas', other: 'las primeras # filas' });

export const data: Catalog['data'] = {
  example: (label, index) => `${label}, ejemplo ${index}`,
  content: {
    classes: classesOf,
    tags: (count) => counted(count, 'tag'),
    preferences: 'preferencias',
    questions: 'preguntas',
    conversations: 'conversaciones',
    prompts: 'prompts',
    pairs: 'pares',
    numbers: 'números',
    unlabeled: 'sin etiquetas',
    split: (count, split) => `${formatCount(count)} ${split}`,
  },
  title: 'Datos',
  count: (count) => counted(count, 'dataset'),
  list: 'Datasets',
  filter: 'Filtrar datasets…',
  noMatch: 'Ningún dataset coincide',
  empty:
    'Aún no hay datasets. Añadir un archivo de texto (CSV, TSV, JSON, JSONL, Excel, Parquet, Arrow, CoNLL), una carpeta escrita por save_to_disk de datasets de Hugging Face, una carpeta de archivos IDX o una carpeta con una carpeta de imágenes por clase.',
  drop: 'Soltar un archivo de texto (CSV, TSV, JSON, JSONL, Excel, Parquet, Arrow, CoNLL) o una carpeta (save_to_disk, imágenes por clase o IDX) para añadir los datos',
  add: 'Añadir datos',
  addFolder: 'Carpeta (save_to_disk, imágenes por clase o IDX)',
  addFile: 'Archivo de texto (CSV, TSV, JSON, JSONL, Excel, Parquet, Arrow, CoNLL)',
  chooseFolder: 'Elegir una carpeta (save_to_disk, imágenes por clase o IDX)',
  chooseFile: 'Elegir un archivo de datos',
  added: 'Dataset añadido',
  bundled: 'incluido',
  draft: 'borrador',
  unsaved: 'cambios sin guardar',
  import: 'Importar',
  unanswerable: 'sin respuesta',
  dismiss: 'Descartar',
  tryAgain: 'Reintentar',
  grayscale: 'escala de grises',
  channels: (count) => counted(count, 'canal', 'canales'),
  pixels: (width, height) => `${width} × ${height} píxeles`,
  rows: (rows, skipped) =>
    skipped === 0 ? rowsOf(rows) : `${rowsOf(rows)}, ${plural(skipped, { one: '# omitida', other: '# omitidas' })}`,
  matchesNothing: (value, rows, column, found) =>
    `Ninguna de las primeras ${formatCount(rows)} filas tiene “${value}” en ${column}: no se reservaría nada para el test. Encontrado: ${found.join(', ')}.`,
  tooManyFaults: (faulty, rows) =>
    `Filas con errores en ${firstRowsOf(rows)}: ${formatCount(faulty)}. Corregir las filas indicadas en Problemas, o activar “Leave out faulty rows”.`,
  lengths: (examples, median, p95, longest) =>
    `${plural(examples, { one: 'Primer ejemplo de entrenamiento', many: 'Primer # de ejemplos de entrenamiento', other: 'Primeros # ejemplos de entrenamiento' })}: mediana ${formatCount(median)} · p95 ${formatCount(p95)} · máx. ${formatCount(longest)} tokens.`,
  accounting: {
    title: 'Uso de columnas y filas',
    firstRows: (rows) => `según ${firstRowsOf(rows)}; todas se leen al añadir el dataset`,
    what: 'Qué',
    is: 'Es',
    detail: 'Para qué o por qué',
    questions: 'Contenido sin función',
    questionsNote: 'elegir la función de cada columna, o que no se usa',
    choose: 'Elegir…',
    notUsed: 'Sin usar',
    mergeLabels: 'Unir etiquetas',
    unanswered: (column) => `Elegir la función de la columna “${column}”, o que no se usa.`,
  },
  problems: 'Problemas',
  problemsNote: (isTooMany) =>
    `${isTooMany ? 'demasiadas filas para omitirlas sin preguntar' : 'estas filas se omiten'}; solo vista previa, las demás filas se comprueban al importar`,
  byRow: (title) => `${title} por fila`,
  repairs: {
    repair: (rows) => `Reparar ${rowsOf(rows)}`,
    offered: 'Qué cambiaría una reparación',
    repaired: 'Cambiado por los pasos',
    inFirstRows: 'en las primeras filas; todas las filas se leen al añadir el dataset',
  },
  truncates: (maxLength, count) => `max_length ${formatCount(maxLength)} trunca ${formatCount(count)}.`,
  inWindows: (rows, limit) =>
    `${counted(rows, 'texto')} de más de ${tokensOf(limit)} (max_seq_length) ${plural(rows, { one: 'se lee', other: 'se leen' })} por ventanas.`,
  context: (model, tokens) =>
    tokens >= anyLength ? `${model} lee textos de cualquier longitud.` : `${model} lee hasta ${formatCount(tokens)}.`,
  conversation: {
    title: 'Conversación',
    excluded: (role) => `${role} (fuera de la pérdida)`,
    verdicts: { chosen: 'Preferida', rejected: 'Rechazada', wanted: 'Deseada', unwanted: 'No deseada' },
  },
  tokens: {
    inTemplate: (model) => `Texto, en la plantilla de chat de ${model}`,
    plain: 'Texto, sin plantilla',
    written: 'Texto tal como lo lee el modelo',
    list: 'Tokens',
    count: (tokens, inLoss) =>
      inLoss === null ? tokensOf(tokens) : `${tokensOf(tokens)}, ${formatCount(inLoss)} en la pérdida`,
    first: (shown) => `Se muestran los primeros ${formatCount(shown)} tokens.`,
    loss: {
      completion: 'Los tokens resaltados contribuyen a la pérdida.',
      text: 'Todos los tokens contribuyen a la pérdida.',
      label: 'El modelo lee estos tokens y predice la etiqueta.',
      tags: 'Los tokens resaltados, el primero de cada palabra, reciben el tag de la palabra.',
      answer: 'Los tokens resaltados son la respuesta: el modelo aprende dónde empieza y dónde acaba.',
      nothing: 'El modelo solo lee estos tokens: no hay etiqueta que aprender.',
    },
  },
  duplicates: {
    title: 'Duplicados',
    none: 'No se encontraron duplicados ni fugas',
    words: {
      withinTrain: 'Duplicados en entrenamiento',
      withinTest: 'Duplicados en test',
      across: 'Fugas entre entrenamiento y test',
      nearAcross: 'Casi duplicados entre entrenamiento y test',
    },
    textMeaning: {
      withinTrain: 'Pesan de más en el entrenamiento. Inofensivos si son pocos; si no, conservar uno de cada.',
      withinTest: 'Cuentan más de una vez en cada puntuación. Conservar uno de cada.',
      across: 'Inflan la puntuación de test. Quitarlos de una de las dos particiones.',
      nearAcross:
        'El mismo texto salvo unas pocas palabras, lo que también infla la puntuación de test. Quitarlos de una de las dos particiones.',
    },
    imageMeaning: {
      withinTrain:
        'Los mismos píxeles: pesan de más en el entrenamiento. Inofensivos si son pocos; si no, conservar uno de cada.',
      withinTest: 'Los mismos píxeles: cuentan más de una vez en cada puntuación. Conservar uno de cada.',
      across: 'Los mismos píxeles en ambas particiones: inflan la puntuación de test. Quitarlos de una de las dos.',
      nearAcross:
        'Se parecen, como las copias reescaladas o recomprimidas, lo que también infla la puntuación de test. Quitarlos de una de las dos particiones.',
    },
    wayOut: (ofFolder) =>
      ofFolder
        ? 'Quitar de una de las particiones los archivos que nombra Problemas y comparar de nuevo.'
        : 'Quitar las imágenes de una de las particiones y comparar de nuevo.',
    compared: (images, near) => {
      const all = counted(images, 'imagen comparada', 'imágenes comparadas');
      return near < images ? `${all} por sus píxeles, ${formatCount(near)} por su aspecto` : all;
    },
    removeFromTrain: 'Quitar del entrenamiento',
    texts: 'Filas en ambas particiones',
    text: (kind, train, test) => {
      const both = [
        train === null ? 'entrenamiento' : `entrenamiento ${train}`,
        test === null ? 'test' : `test ${test}`,
      ];
      return `${kind === 'exact' ? 'Mismo texto' : 'Casi igual'}: ${both.join(', ')}`;
    },
    reimported: 'Dataset importado de nuevo',
    notCompared: 'Las imágenes aún no se han comparado entre sí.',
    compare: 'Buscar duplicados',
    again: 'Comparar de nuevo',
    notFound: 'No se compararon las imágenes',
    pairs: 'Ejemplos de duplicados',
    pair: (kind, one, other) => `${kind === 'exact' ? 'Mismos píxeles' : 'Parecidas'}: ${one}, ${other}`,
    place: (split, index) => `${split} ${formatCount(index + 1)}`,
  },
  imageQuestion: { label: 'Columna de etiquetas', add: 'Añadir' },
  template: {
    title: 'Como las lee el modelo',
    model: 'Modelo base de la vista previa',
    noModel: 'Añadir un modelo base que lea texto para ver las filas como él las lee.',
    noRows: 'No se puede leer ninguna de las primeras filas.',
    previous: 'Fila anterior',
    next: 'Fila siguiente',
    row: (place, total, where) => `${formatCount(place)} de ${formatCount(total)}: ${where}`,
    lengths: (rows, median, longest) =>
      `En ${firstRowsOf(rows)}: mediana ${formatCount(median)} · máx. ${formatCount(longest)} tokens.`,
    truncated: (rows, limit) =>
      rows === 0
        ? ''
        : `${counted(rows, 'fila se truncaría', 'filas se truncarían')} a ${tokensOf(limit)} (max_length).`,
  },
  removeQuestion: (name) => `¿Quitar el dataset “${name}”?`,
};
