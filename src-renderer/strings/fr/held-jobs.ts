import type { Catalog } from '../catalog.ts';
import { plural } from './counts.ts';

export const held: Catalog['held'] = {
  title: 'Jobs retenus',
  lastUsed: (lastPath) =>
    `Ce dossier principal a été utilisé en dernier ${lastPath === null ? 'ailleurs' : `dans ${lastPath}`}.`,
  titles: (count, titles, more) =>
    `${plural(count, { one: '# job en attente est retenu', other: '# jobs en attente sont retenus' })} : ${[...titles, ...(more > 0 ? [plural(more, { one: '# autre', other: '# autres' })] : [])].join(', ')}.`,
  writesOutside: (paths) => `Chemins écrits hors du dossier principal : ${paths.join(', ')}.`,
  question: 'Continuer ici, ou laisser retenus ?',
  continue: 'Continuer ici',
  leaveHeld: 'Laisser retenus',
  notAnswered: 'Les jobs sont toujours retenus',
  held: 'retenu',
  heldCount: (count) =>
    `${plural(count, { one: '# job est retenu', other: '# jobs sont retenus' })}, car ce dossier principal a été utilisé en dernier ailleurs.`,
  continueHeld: 'Continuer les jobs retenus',
};
