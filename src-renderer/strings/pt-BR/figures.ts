import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';

export const figures: Catalog['figures'] = {
  fullScreenOf: (name) => `Mostrar a figura “${name}” em tela cheia`,
  drag: 'Arrastar a figura para fora como PNG; com Shift como SVG, com Shift e Alt como PDF, com Alt seus valores como CSV',
  savePdf: 'Salvar PDF',
  savePgf: 'Salvar PGF para LaTeX',
  showValues: 'Mostrar valores',
  valuesOf: (name) => `Valores de “${name}”`,
  firstValues: (shown, all) => `Os primeiros ${shown} de ${all} valores. Salvar CSV traz todos.`,
  series: 'Série',
  value: 'Valor',
  points: (name) => `Pontos de “${name}”`,
  pointsRole: 'pontos, com as setas',
  point: (text, place, all) => `${text}. Ponto ${place} de ${all}. Enter o escolhe.`,
  menu: (name) => `Copiar ou salvar a figura “${name}”`,
  copyImage: 'Copiar como imagem',
  imageCopied: 'Imagem copiada',
  saveSvg: 'Salvar SVG',
  savePng: 'Salvar PNG',
  saveCsv: 'Salvar CSV',
  notSaved: 'A figura não foi salva',
  notDrawn: (reason) => `A figura não pode ser desenhada: ${reason}`,
  atStep: (step) => `passo ${formatCount(step)}`,
  afterSeconds: (seconds) => `após ${seconds} s`,
  atExamples: (examples) => `${formatCount(examples)} exemplos`,
};
