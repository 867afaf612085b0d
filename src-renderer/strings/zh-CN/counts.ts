import { localeText } from '../../../src-shared/format/locale-text.ts';

export const { plural } = localeText('zh-CN');

export const runsOf = (count: number): string => plural(count, { other: '# 次运行' });
export const studiesOf = (count: number): string => plural(count, { other: '# 项研究' });
export const adaptersOf = (count: number): string => plural(count, { other: '# 个适配器' });
export const jobsOf = (count: number): string => plural(count, { other: '# 个作业' });
export const rowsOf = (count: number): string => plural(count, { other: '# 行' });
export const seedsOf = (count: number): string => plural(count, { other: '# 个种子' });
export const classesOf = (count: number): string => plural(count, { other: '# 个类别' });
export const tokensOf = (count: number): string => plural(count, { other: '# 个 token' });
