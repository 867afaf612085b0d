import type { DataStep } from '../../../src-shared/domain/data/data-steps.ts';
import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';
import { plural, rowsOf } from './counts.ts';

const wholeSteps: Catalog['dataEditor']['wholeSteps'] = {
  repair: 'Reparar filas con errores y grafías de etiquetas',
  trim: 'Quitar espacios alrededor de los textos',
  unescape: 'Decodificar entidades HTML',
  'drop-faulty': 'Excluir filas con errores',
  'drop-duplicates': 'Excluir filas repetidas',
  'drop-leaks': 'Excluir filas de entrenamiento que también son de test',
  'drop-near-leaks': 'Excluir filas de entrenamiento que casi repiten una de test',
  'merge-labels': 'Unir etiquetas que difieren en mayúsculas o espacios',
};

export const dataEditor: Catalog['dataEditor'] = {
  views: { label: 'Cómo se muestran las filas', preview: 'Vista previa', edit: 'Editar' },
  title: 'Filas',
  note: (from, to, of, read, isWhole) =>
    `${of === 0 ? 'ninguna' : `${formatCount(from)}–${formatCount(to)} de ${formatCount(of)}`}${isWhole ? '' : plural(read, { one: ' en la primera fila', many: ' en el primer # de filas', other: ' en las primeras # filas' })}`,
  filter: {
    label: 'Filas mostradas',
    all: (count) => `Todas ${formatCount(count)}`,
    faulty: (count) => `Con errores ${formatCount(count)}`,
    changed: (count) => `Cambiadas ${formatCount(count)}`,
    'left-out': (count) => `Excluidas ${formatCount(count)}`,
  },
  sort: { label: 'Orden de las filas', file: 'Como en el archivo', problem: 'Por problema' },
  search: 'Buscar en las celdas…',
  previous: 'Filas anteriores',
  next: 'Filas siguientes',
  empty: 'Ninguna fila coincide.',
  row: 'Fila',
  state: 'Estado',
  states: { train: 'entrenamiento', test: 'test', faulty: 'con errores', 'left-out': 'excluida' },
  dropSelected: (count) => `Excluir ${rowsOf(count)}`,
  rowForm: {
    title: 'Editar una fila',
    choose: 'Elegir una fila de la tabla para editar sus celdas.',
    apply: 'Aplicar',
    revert: 'Restaurar del archivo',
    drop: 'Excluir',
    keep: 'Recuperar',
    unreadable:
      'La fila no se puede leer, así que sus celdas no se pueden editar. Corregirla en el archivo, o excluirla.',
    role: (role) => `leída como ${role}`,
    unused: 'sin usar',
    edited: 'editada',
    cut: (characters) => `Más de ${formatCount(characters)} caracteres: corregirla en el archivo.`,
    json: 'JSON',
    noJson: 'Esto no es JSON. La celda es una lista, un objeto o un número en el archivo, y debe seguir siéndolo.',
    before: 'Del archivo',
    after: 'Con los cambios',
    model: 'Modelo base',
    becomesNone: 'La fila no se usa.',
  },
  steps: {
    title: 'Pasos',
    note: 'se hacen cada vez que se lee el archivo; el archivo no cambia',
    none: 'Sin pasos. Editar filas abajo, o añadir un paso para todas las filas.',
    add: 'Añadir un paso',
    undo: 'Deshacer',
    redo: 'Rehacer',
    remove: (step) => `Quitar el paso: ${step}`,
    sample: 'Extraer algunas filas…',
    rename: 'Renombrar una etiqueta…',
    rows: 'Filas',
    seed: 'Semilla',
    from: 'Etiqueta',
    to: 'Nuevo nombre',
    confirm: 'Añadir',
    cancel: 'Cancelar',
    unknown: (text) => `Los pasos no se pueden mostrar uno a uno: ${text}`,
  },
  step(step: DataStep): string {
    switch (step.step) {
      case 'sample':
        return `Extraer ${rowsOf(step.rows)} (semilla ${step.seed})`;
      case 'rename-label':
        return `Renombrar la etiqueta “${step.from}” a “${step.to}”`;
      case 'edit':
        return `Cambiar ${step.column} de ${step.row} a ${quoted(step.value)}`;
      case 'drop-row':
        return `Excluir ${step.row}`;
      default:
        return wholeSteps[step.step];
    }
  },
  wholeSteps,
};

function quoted(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `“${text.length > 80 ? `${text.slice(0, 80)}…` : text}”`;
}
