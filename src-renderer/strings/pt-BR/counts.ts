import { localeText } from '../../../src-shared/format/locale-text.ts';

export const { plural } = localeText('pt-BR');

/** "1 passo", "3 passos", "1 000 000 de passos". */
export const counted = (count: number, one: string, other = `${one}s`): string =>
  plural(count, { one: `# ${one}`, many: `# de ${other}`, other: `# ${other}` });

export const runsOf = (count: number): string => counted(count, 'execução', 'execuções');
export const studiesOf = (count: number): string => counted(count, 'estudo');
export const adaptersOf = (count: number): string => counted(count, 'adaptador', 'adaptadores');
export const jobsOf = (count: number): string => counted(count, 'job');
export const rowsOf = (count: number): string => counted(count, 'linha');
export const seedsOf = (count: number): string => counted(count, 'semente');
export const classesOf = (count: number): string => counted(count, 'classe');
export const tokensOf = (count: number): string => counted(count, 'token');
export const layersOf = (count: number): string => counted(count, 'camada');
/** "3 selecionados" */
export const selectedOf = (count: number): string => plural(count, { one: '# selecionado', other: '# selecionados' });
