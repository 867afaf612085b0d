import { localeText } from '../../../src-shared/format/locale-text.ts';

export const { plural } = localeText('ko');

export const runsOf = (count: number): string => plural(count, { other: '실행 #개' });
export const studiesOf = (count: number): string => plural(count, { other: '연구 #개' });
export const adaptersOf = (count: number): string => plural(count, { other: '어댑터 #개' });
export const jobsOf = (count: number): string => plural(count, { other: '작업 #개' });
export const rowsOf = (count: number): string => plural(count, { other: '#행' });
export const seedsOf = (count: number): string => plural(count, { other: '시드 #개' });
export const classesOf = (count: number): string => plural(count, { other: '클래스 #개' });
export const tokensOf = (count: number): string => plural(count, { other: '토큰 #개' });
