import type { Catalog } from '../catalog.ts';
import { plural, runsOf, seedsOf } from './counts.ts';

export const compare: Catalog['compare'] = {
  title: '比较运行',
  back: '所有运行',
  state: (runs, groups) => `${runsOf(runs)}，${plural(groups, { other: '# 组' })}`,
  none: '这些运行已不存在。',
  tooFew: '请选择两次或更多运行进行比较。',
  gone: (count) => `此比较中有 ${runsOf(count)}已不存在。`,
  full: '打开比较',
  legend: '分组',
  seeds: (count) => seedsOf(count),

  results: '结果',
  resultsNote: '各种子的均值 ± 95% 区间（学生 t）',
  group: '分组',
  seedsColumn: '种子',
  difference: 'Δ',
  differenceHelp: (pairs, name) =>
    `按种子配对：与 ${name} 配成 ${plural(pairs, { other: '# 对' })}。均值 ± 95% 区间（学生 t）；准确率以百分点计。`,
  differenceNote: '按种子配对',
  reference: '比较对象',
  ownBaseline: '与各自不用 CoTo 的基线之 Δ',
  against: (group) => `与 ${group} 之 Δ`,
  isReference: '参照',
  noPair: '没有共同的种子',
  evalLoss: '评估损失',
  stepTime: '每步 ms',
  active: '激活层 %',
  expand: (name) => `显示 ${name} 的运行`,
  collapse: (name) => `隐藏 ${name} 的运行`,

  curves: '曲线',
  notShared: (names) => `并非所有这些运行都有记录：${names}。`,
  unsmoothed: '评估值从不平滑。',
  once: (names) => `只评估过一次，因此列在上方结果中而不绘制：${names}。`,
  sampled: (drawn, all) =>
    `${runsOf(all)}中 ${plural(drawn, { other: '# 次' })}的曲线，从各组均匀选取。上方结果包括所有运行。`,
  noCurves: '这些运行还没有任何记录。',

  differences: '配置差异',
  identical: '配置相同',
  setting: '设置项',
};
