import type { DataStep } from '../../../src-shared/domain/data/data-steps.ts';
import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';
import { rowsOf } from './counts.ts';

const wholeSteps: Catalog['dataEditor']['wholeSteps'] = {
  repair: '修复有误的行和标签写法',
  trim: '去除文本首尾的空白',
  unescape: '解码 HTML 实体',
  'drop-faulty': '排除有误的行',
  'drop-duplicates': '排除重复的行',
  'drop-leaks': '排除同时是测试行的训练行',
  'drop-near-leaks': '排除与测试行几乎相同的训练行',
  'merge-labels': '合并仅大小写或空白不同的标签',
};

export const dataEditor: Catalog['dataEditor'] = {
  views: { label: '行的显示方式', preview: '预览', edit: '编辑' },
  title: '行',
  note: (from, to, of, read, isWhole) =>
    `${of === 0 ? '无' : `第 ${formatCount(from)}–${formatCount(to)} 行，共 ${formatCount(of)} 行`}${isWhole ? '' : `（前 ${rowsOf(read)}中）`}`,
  filter: {
    label: '显示的行',
    all: (count) => `全部 ${formatCount(count)}`,
    faulty: (count) => `有误 ${formatCount(count)}`,
    changed: (count) => `已更改 ${formatCount(count)}`,
    'left-out': (count) => `已排除 ${formatCount(count)}`,
  },
  sort: { label: '行的顺序', file: '文件顺序', problem: '按问题' },
  search: '搜索单元格…',
  previous: '前面的行',
  next: '后面的行',
  empty: '没有匹配的行。',
  row: '行',
  state: '状态',
  states: { train: '训练', test: '测试', faulty: '有误', 'left-out': '已排除' },
  dropSelected: (count) => `排除 ${rowsOf(count)}`,
  rowForm: {
    title: '编辑行',
    choose: '在表格中选择一行以编辑其单元格。',
    apply: '应用',
    revert: '还原为文件内容',
    drop: '排除',
    keep: '放回',
    unreadable: '此行无法读取，因此不能编辑其单元格。请在文件中修正，或将其排除。',
    role: (role) => `读取为 ${role}`,
    unused: '未使用',
    edited: '已编辑',
    cut: (characters) => `超过 ${formatCount(characters)} 个字符：请在文件中修正。`,
    json: 'JSON',
    noJson: '这不是 JSON。该单元格在文件中是列表、对象或数字，类型必须保持不变。',
    before: '文件内容',
    after: '编辑后',
    model: '基座模型',
    becomesNone: '此行不会使用。',
  },
  steps: {
    title: '步骤',
    note: '每次读取文件时执行；文件不变',
    none: '没有步骤。请在下方编辑行，或添加针对所有行的步骤。',
    add: '添加步骤',
    undo: '撤销',
    redo: '重做',
    remove: (step) => `移除步骤：${step}`,
    sample: '抽取部分行…',
    rename: '重命名标签…',
    rows: '行数',
    seed: '种子',
    from: '标签',
    to: '新名称',
    confirm: '添加',
    cancel: '取消',
    unknown: (text) => `无法逐一显示步骤：${text}`,
  },
  step(step: DataStep): string {
    switch (step.step) {
      case 'sample':
        return `抽取 ${rowsOf(step.rows)}（种子 ${step.seed}）`;
      case 'rename-label':
        return `将标签“${step.from}”重命名为“${step.to}”`;
      case 'edit':
        return `将 ${step.row} 的 ${step.column} 设为${quoted(step.value)}`;
      case 'drop-row':
        return `排除 ${step.row}`;
      default:
        return wholeSteps[step.step];
    }
  },
  wholeSteps,
};

function quoted(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `“${text.length > 80 ? `${text.slice(0, 80)}…` : text}”`;
}
