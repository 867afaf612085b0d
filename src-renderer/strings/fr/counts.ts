import { localeText } from '../../../src-shared/format/locale-text.ts';

export const { plural } = localeText('fr');

export const runsOf = (count: number): string => plural(count, { one: '# run', other: '# runs' });
export const studiesOf = (count: number): string => plural(count, { one: '# étude', other: '# études' });
export const adaptersOf = (count: number): string => plural(count, { one: '# adaptateur', other: '# adaptateurs' });
export const jobsOf = (count: number): string => plural(count, { one: '# job', other: '# jobs' });
export const rowsOf = (count: number): string => plural(count, { one: '# ligne', other: '# lignes' });
export const seedsOf = (count: number): string => plural(count, { one: '# graine', other: '# graines' });
export const classesOf = (count: number): string => plural(count, { one: '# classe', other: '# classes' });
export const tokensOf = (count: number): string => plural(count, { one: '# token', other: '# tokens' });
export const layersOf = (count: number): string => plural(count, { one: '# couche', other: '# couches' });
export const examplesOf = (count: number): string => plural(count, { one: '# exemple', other: '# exemples' });
