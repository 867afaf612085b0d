import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';

export const figures: Catalog['figures'] = {
  fullScreenOf: (name) => `全屏显示图“${name}”`,
  drag: '将图拖出为 PNG；按住 Shift 为 SVG，同时按住 Shift 和 Alt 为 PDF，按住 Alt 为其数值的 CSV',
  savePdf: '保存 PDF',
  savePgf: '保存 LaTeX 用的 PGF',
  showValues: '显示数值',
  valuesOf: (name) => `“${name}”的数值`,
  firstValues: (shown, all) => `${all} 个数值中的前 ${shown} 个。保存的 CSV 包含全部数值。`,
  series: '系列',
  value: '数值',
  points: (name) => `“${name}”的点`,
  pointsRole: '点，可用方向键移动',
  point: (text, place, all) => `${text}。第 ${place} 个点，共 ${all} 个。按 Enter 选择。`,
  menu: (name) => `复制或保存图“${name}”`,
  copyImage: '复制为图像',
  imageCopied: '图像已复制',
  saveSvg: '保存 SVG',
  savePng: '保存 PNG',
  saveCsv: '保存 CSV',
  notSaved: '图未保存',
  notDrawn: (reason) => `无法绘制图：${reason}`,
  atStep: (step) => `第 ${formatCount(step)} 步`,
  afterSeconds: (seconds) => `${seconds} s 后`,
  atExamples: (examples) => `${formatCount(examples)} 个样本`,
};
