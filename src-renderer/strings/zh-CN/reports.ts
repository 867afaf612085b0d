import type { Catalog } from '../catalog.ts';
import { plural, runsOf, studiesOf } from './counts.ts';

/** "4 次运行，1 项研究" */
function contents(runs: number, studies: number): string {
  const parts = [...(runs > 0 ? [runsOf(runs)] : []), ...(studies > 0 ? [studiesOf(studies)] : [])];
  return parts.join('，') || '–';
}

export const reports: Catalog['reports'] = {
  title: '报告',
  count: (count) => plural(count, { other: '# 份报告' }),
  empty:
    '还没有报告。报告是一个独立的文件，包含图、表、配置、种子和哈希。可在此创建，也可从运行、比较或已完成的研究创建。',
  tryDemo: '试用演示研究',
  contents,
  create: '创建报告',
  dialog: {
    title: '创建报告',
    name: '标题',
    note: '备注',
    notePlaceholder: '提出的问题和结论（可选）',
    sections: '章节',
    action: '创建报告',
    nothing: '请至少选择一个章节。',
    noSource: '请选择研究或运行。',
    studies: '研究',
    runs: '运行',
    noMatch: '没有匹配项。',
    of: (runs, studies) => `包括 ${contents(runs, studies)}。`,
  },
  failed: '报告未创建',
  openInBrowser: '在浏览器中打开',
  notOpened: '报告未打开',
  export: '导出',
  exportAs: { html: 'HTML', pdf: 'PDF', csv: 'CSV', json: 'JSON', md: 'Markdown', tex: 'LaTeX 表格' },
  exported: '报告已导出',
  noFormat: (format) => `此报告没有 ${format}：它由早期版本写出。`,
  more: (name) => `${name} 的更多操作`,
  columns: { name: '名称', of: '内容', created: '创建时间' },
  notExported: '报告未导出',
  showInFolder: '在文件夹中显示',
  rename: {
    item: '重命名…',
    title: '重命名报告',
    label: '名称',
    confirm: '重命名',
    cancel: '取消',
    failed: '报告未重命名',
  },
  remove: '删除',
  removed: (name) => `已删除“${name}”`,
  notRemoved: '报告未删除',
  removeConsequence: '将删除其文件。运行和研究会保留。',
  frame: (name) => `报告“${name}”`,
  choose: '选择报告以在此阅读。',
  gone: '此报告已不存在。',
  removeQuestion: (name) => `删除报告“${name}”？`,
};
