import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';

export const figures: Catalog['figures'] = {
  fullScreenOf: (name) => `Mostrar la figura “${name}” a pantalla completa`,
  drag: 'Arrastrar la figura fuera como PNG; con Mayús como SVG, con Mayús y Alt como PDF, con Alt sus valores como CSV',
  savePdf: 'Guardar PDF',
  savePgf: 'Guardar PGF para LaTeX',
  showValues: 'Mostrar valores',
  valuesOf: (name) => `Valores de “${name}”`,
  firstValues: (shown, all) => `Los primeros ${shown} de ${all} valores. Guardar CSV los incluye todos.`,
  series: 'Serie',
  value: 'Valor',
  points: (name) => `Puntos de “${name}”`,
  pointsRole: 'puntos, con las flechas',
  point: (text, place, all) => `${text}. Punto ${place} de ${all}. Intro lo elige.`,
  menu: (name) => `Copiar o guardar la figura “${name}”`,
  copyImage: 'Copiar como imagen',
  imageCopied: 'Imagen copiada',
  saveSvg: 'Guardar SVG',
  savePng: 'Guardar PNG',
  saveCsv: 'Guardar CSV',
  notSaved: 'No se guardó la figura',
  notDrawn: (reason) => `No se puede dibujar la figura: ${reason}`,
  atStep: (step) => `paso ${formatCount(step)}`,
  afterSeconds: (seconds) => `tras ${seconds} s`,
  atExamples: (examples) => `${formatCount(examples)} ejemplos`,
};
