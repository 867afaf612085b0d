import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';
import { plural } from './counts.ts';

export const held: Catalog['held'] = {
  title: 'Zurückgehaltene Jobs',
  lastUsed: (lastPath) => `Dieses Home wurde zuletzt ${lastPath === null ? 'anderswo' : `in ${lastPath}`} benutzt.`,
  titles: (count, titles, more) =>
    `${plural(count, { one: '# wartender Job ist', other: '# wartende Jobs sind' })} zurückgehalten: ${[...titles, ...(more > 0 ? [`${formatCount(more)} weitere`] : [])].join(', ')}.`,
  writesOutside: (paths) => `Pfade außerhalb des Homes, in die geschrieben wird: ${paths.join(', ')}.`,
  question: 'Hier fortsetzen oder zurückgehalten lassen?',
  continue: 'Hier fortsetzen',
  leaveHeld: 'Zurückhalten',
  notAnswered: 'Die Jobs sind weiterhin zurückgehalten',
  held: 'zurückgehalten',
  heldCount: (count) =>
    `${plural(count, { one: '# Job ist', other: '# Jobs sind' })} zurückgehalten, weil dieses Home zuletzt anderswo benutzt wurde.`,
  continueHeld: 'Zurückgehaltene Jobs fortsetzen',
};
