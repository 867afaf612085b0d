import type { Catalog } from '../catalog.ts';
import { counted, runsOf, studiesOf } from './counts.ts';

function contents(runs: number, studies: number): string {
  return [...(runs > 0 ? [runsOf(runs)] : []), ...(studies > 0 ? [studiesOf(studies)] : [])].join(', ') || '–';
}

export const reports: Catalog['reports'] = {
  title: 'Informes',
  count: (count) => counted(count, 'informe'),
  empty:
    'Aún no hay informes. Un informe es un archivo autónomo con figuras, tablas, configuraciones, semillas y hashes. Crear uno aquí, o desde una ejecución, una comparación o un estudio terminado.',
  tryDemo: 'Probar el estudio de demostración',
  contents,
  create: 'Crear informe',
  dialog: {
    title: 'Crear informe',
    name: 'Título',
    note: 'Nota',
    notePlaceholder: 'Qué se preguntaba, qué muestra (opcional)',
    sections: 'Secciones',
    action: 'Crear informe',
    nothing: 'Elegir al menos una sección.',
    noSource: 'Elegir un estudio o una ejecución.',
    studies: 'Estudios',
    runs: 'Ejecuciones',
    noMatch: 'Sin coincidencias.',
    of: (runs, studies) => `De ${contents(runs, studies)}.`,
  },
  failed: 'No se creó el informe',
  openInBrowser: 'Abrir en el navegador',
  notOpened: 'No se abrió el informe',
  export: 'Exportar',
  exportAs: { html: 'HTML', pdf: 'PDF', csv: 'CSV', json: 'JSON', md: 'Markdown', tex: 'Tablas LaTeX' },
  exported: 'Informe exportado',
  noFormat: (format) => `Este informe no tiene ${format}: lo escribió una versión anterior.`,
  more: (name) => `Más sobre ${name}`,
  columns: { name: 'Nombre', of: 'De', created: 'Creación' },
  notExported: 'No se exportó el informe',
  showInFolder: 'Mostrar en la carpeta',
  rename: {
    item: 'Renombrar…',
    title: 'Renombrar informe',
    label: 'Nombre',
    confirm: 'Renombrar',
    cancel: 'Cancelar',
    failed: 'No se renombró el informe',
  },
  remove: 'Eliminar',
  removed: (name) => `“${name}” eliminado`,
  notRemoved: 'No se eliminó el informe',
  removeConsequence: 'Elimina sus archivos. Las ejecuciones y los estudios se conservan.',
  frame: (name) => `Informe “${name}”`,
  choose: 'Elegir un informe para leerlo aquí.',
  gone: 'Este informe ya no existe.',
  removeQuestion: (name) => `¿Eliminar el informe “${name}”?`,
};
