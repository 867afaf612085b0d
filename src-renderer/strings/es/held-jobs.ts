import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';
import { counted } from './counts.ts';

export const held: Catalog['held'] = {
  title: 'Trabajos retenidos',
  lastUsed: (lastPath) =>
    `Esta carpeta home se usó por última vez ${lastPath === null ? 'en otro lugar' : `en ${lastPath}`}.`,
  titles: (count, titles, more) =>
    `${counted(count, 'trabajo en cola está retenido', 'trabajos en cola están retenidos')}: ${[...titles, ...(more > 0 ? [`${formatCount(more)} más`] : [])].join(', ')}.`,
  writesOutside: (paths) => `Rutas fuera de la carpeta home en las que se escribe: ${paths.join(', ')}.`,
  question: '¿Continuar aquí, o dejarlos retenidos?',
  continue: 'Continuar aquí',
  leaveHeld: 'Dejar retenidos',
  notAnswered: 'Los trabajos siguen retenidos',
  held: 'retenido',
  heldCount: (count) =>
    `${counted(count, 'trabajo está retenido', 'trabajos están retenidos')}, porque esta carpeta home se usó por última vez en otro lugar.`,
  continueHeld: 'Continuar los retenidos',
};
