import { localeText } from '../../../src-shared/format/locale-text.ts';

export const { plural } = localeText('es');

/** "1 paso", "3 pasos", "1 000 000 de pasos". */
export const counted = (count: number, one: string, other = `${one}s`): string =>
  plural(count, { one: `# ${one}`, many: `# de ${other}`, other: `# ${other}` });

export const runsOf = (count: number): string => counted(count, 'ejecución', 'ejecuciones');
export const studiesOf = (count: number): string => counted(count, 'estudio');
export const adaptersOf = (count: number): string => counted(count, 'adaptador', 'adaptadores');
export const jobsOf = (count: number): string => counted(count, 'trabajo');
export const rowsOf = (count: number): string => counted(count, 'fila');
export const seedsOf = (count: number): string => counted(count, 'semilla');
export const classesOf = (count: number): string => counted(count, 'clase');
export const tokensOf = (count: number): string => counted(count, 'token');
export const layersOf = (count: number): string => counted(count, 'capa');
/** "3 seleccionados" */
export const selectedOf = (count: number): string => plural(count, { one: '# seleccionado', other: '# seleccionados' });
