import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';
import { counted } from './counts.ts';

export const held: Catalog['held'] = {
  title: 'Jobs retidos',
  lastUsed: (lastPath) =>
    `Esta pasta home foi usada pela última vez ${lastPath === null ? 'em outro lugar' : `em ${lastPath}`}.`,
  titles: (count, titles, more) =>
    `${counted(count, 'job na fila está retido', 'jobs na fila estão retidos')}: ${[...titles, ...(more > 0 ? [`mais ${formatCount(more)}`] : [])].join(', ')}.`,
  writesOutside: (paths) => `Caminhos fora da pasta home em que se grava: ${paths.join(', ')}.`,
  question: 'Continuar aqui, ou deixar retidos?',
  continue: 'Continuar aqui',
  leaveHeld: 'Deixar retidos',
  notAnswered: 'Os jobs continuam retidos',
  held: 'retido',
  heldCount: (count) =>
    `${counted(count, 'job está retido', 'jobs estão retidos')}, porque esta pasta home foi usada pela última vez em outro lugar.`,
  continueHeld: 'Continuar jobs retidos',
};
