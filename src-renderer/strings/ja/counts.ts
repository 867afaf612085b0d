import { localeText } from '../../../src-shared/format/locale-text.ts';

export const { plural } = localeText('ja');

export const runsOf = (count: number): string => plural(count, { other: 'ラン#件' });
export const studiesOf = (count: number): string => plural(count, { other: 'スタディ#件' });
export const adaptersOf = (count: number): string => plural(count, { other: 'アダプター#個' });
export const jobsOf = (count: number): string => plural(count, { other: 'ジョブ#件' });
export const rowsOf = (count: number): string => plural(count, { other: '#行' });
export const seedsOf = (count: number): string => plural(count, { other: '#シード' });
export const classesOf = (count: number): string => plural(count, { other: '#クラス' });
export const tokensOf = (count: number): string => plural(count, { other: '#トークン' });
