import { localeText } from '../../../src-shared/format/locale-text.ts';

export const { plural } = localeText('de');

export const runsOf = (count: number): string => plural(count, { one: '# Lauf', other: '# Läufe' });
export const studiesOf = (count: number): string => plural(count, { one: '# Studie', other: '# Studien' });
export const adaptersOf = (count: number): string => `${plural(count, { other: '#' })} Adapter`;
export const jobsOf = (count: number): string => plural(count, { one: '# Job', other: '# Jobs' });
export const rowsOf = (count: number): string => plural(count, { one: '# Zeile', other: '# Zeilen' });
export const seedsOf = (count: number): string => plural(count, { one: '# Seed', other: '# Seeds' });
export const classesOf = (count: number): string => plural(count, { one: '# Klasse', other: '# Klassen' });
export const tokensOf = (count: number): string => plural(count, { one: '# Token', other: '# Tokens' });
