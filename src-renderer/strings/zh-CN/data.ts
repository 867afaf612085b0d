import { anyLength } from '../../../src-shared/domain/models/model.ts';
import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';
import { classesOf, plural, rowsOf, tokensOf } from './counts.ts';

export const data: Catalog['data'] = {
  example: (label, index) => `${label}，样本 ${index}`,
  content: {
    classes: (count) => classesOf(count),
    tags: (count) => plural(count, { other: '# 个标记' }),
    preferences: '偏好',
    questions: '问题',
    conversations: '对话',
    prompts: '提示词',
    pairs: '配对',
    numbers: '数值',
    unlabeled: '无标签',
    split: (count, split) => `${split} ${formatCount(count)}`,
  },
  title: '数据',
  count: (count) => plural(count, { other: '# 个数据集' }),
  list: '数据集',
  filter: '筛选数据集…',
  noMatch: '没有匹配的数据集',
  empty:
    '还没有数据集。请添加文本文件（CSV、TSV、JSON、JSONL、Excel、Parquet、Arrow、CoNLL）、由 Hugging Face 的 datasets 的 save_to_disk 写出的文件夹、IDX 文件的文件夹，或每个类别一个图像文件夹的文件夹。',
  drop: '拖放文本文件（CSV、TSV、JSON、JSONL、Excel、Parquet、Arrow、CoNLL）或文件夹（save_to_disk、按类别的图像或 IDX）以添加',
  add: '添加数据',
  addFolder: '文件夹（save_to_disk、按类别的图像或 IDX）',
  addFile: '文本文件（CSV、TSV、JSON、JSONL、Excel、Parquet、Arrow、CoNLL）',
  chooseFolder: '选择文件夹（save_to_disk、按类别的图像或 IDX）',
  chooseFile: '选择数据文件',
  added: '数据集已添加',
  bundled: '内置',
  draft: '草稿',
  unsaved: '未保存的更改',
  import: '导入',
  unanswerable: '无答案',
  dismiss: '忽略',
  tryAgain: '重试',
  grayscale: '灰度',
  channels: (count) => plural(count, { other: '# 个通道' }),
  pixels: (width, height) => `${width} × ${height} 像素`,
  rows: (rows, skipped) =>
    skipped === 0 ? rowsOf(rows) : `${rowsOf(rows)}，${plural(skipped, { other: '跳过 # 行' })}`,
  matchesNothing: (value, rows, column, found) =>
    `前 ${rowsOf(rows)}中没有一行的 ${column} 为“${value}”：不会留出任何行用于测试。找到的值：${found.join('、')}。`,
  tooManyFaults: (faulty, rows) =>
    `前 ${rowsOf(rows)}中有 ${formatCount(faulty)} 行有误。请在“问题”下修正，或打开“排除有误的行”。`,
  lengths: (examples, median, p95, longest) =>
    `前 ${plural(examples, { other: '# 个训练样本' })}：中位数 ${formatCount(median)} · p95 ${formatCount(p95)} · 最大 ${formatCount(longest)} 个 token。`,
  accounting: {
    title: '列和行的用途',
    firstRows: (rows) => `基于前 ${rowsOf(rows)}；添加数据集时会读取所有行`,
    what: '对象',
    is: '作为',
    detail: '用途或原因',
    questions: '没有角色的内容',
    questionsNote: '请选择每一列的角色，或设为不使用',
    choose: '选择…',
    notUsed: '不使用',
    mergeLabels: '合并标签',
    unanswered: (column) => `请选择列“${column}”的角色，或设为不使用。`,
  },
  problems: '问题',
  problemsNote: (isTooMany) =>
    `${isTooMany ? '行数过多，需确认后才能跳过' : '这些行会被跳过'}；仅为预览，其余行在导入时检查`,
  byRow: (title) => `${title}（按行）`,
  repairs: {
    repair: (rows) => `修复 ${rowsOf(rows)}`,
    offered: '修复将更改的内容',
    repaired: '步骤已更改的内容',
    inFirstRows: '仅前若干行；添加数据集时会读取所有行',
  },
  truncates: (maxLength, count) => `max_length ${formatCount(maxLength)} 会截断 ${formatCount(count)} 个。`,
  inWindows: (rows, limit) =>
    `${plural(rows, { other: '# 个文本' })}超过 ${formatCount(limit)} 个 token（max_seq_length），将分窗口读取。`,
  context: (model, tokens) =>
    tokens >= anyLength ? `${model} 可读取任意长度的文本。` : `${model} 最多读取 ${formatCount(tokens)} 个。`,
  conversation: {
    title: '对话',
    excluded: (role) => `${role}（不计入损失）`,
    verdicts: { chosen: '选中', rejected: '拒绝', wanted: '期望', unwanted: '不期望' },
  },
  tokens: {
    inTemplate: (model) => `文本（${model} 的对话模板）`,
    plain: '文本（纯文本）',
    written: '模型读取的文本',
    list: 'token',
    count: (tokens, counted) =>
      counted === null ? tokensOf(tokens) : `${tokensOf(tokens)}，其中 ${formatCount(counted)} 个计入损失`,
    first: (shown) => `仅显示前 ${formatCount(shown)} 个 token。`,
    loss: {
      completion: '高亮的 token 计入损失。',
      text: '每个 token 都计入损失。',
      label: '模型读取这些 token 并预测标签。',
      tags: '高亮的 token 是各词的第一个 token，带有该词的标记。',
      answer: '高亮的 token 是答案：模型学习其起止位置。',
      nothing: '模型只读取这些 token：没有可学习的标签。',
    },
  },
  duplicates: {
    title: '重复',
    none: '未发现重复或泄漏',
    words: {
      withinTrain: '训练集内重复',
      withinTest: '测试集内重复',
      across: '训练集与测试集间的泄漏',
      nearAcross: '训练集与测试集间的近似重复',
    },
    textMeaning: {
      withinTrain: '在训练中权重过高。少量无妨；否则每组只保留一个。',
      withinTest: '在每个得分中被多次计入。每组只保留一个。',
      across: '会抬高测试得分。请从其中一方移除。',
      nearAcross: '除少数词外文本相同，同样会抬高测试得分。请从其中一方移除。',
    },
    imageMeaning: {
      withinTrain: '像素相同：在训练中权重过高。少量无妨；否则每组只保留一个。',
      withinTest: '像素相同：在每个得分中被多次计入。每组只保留一个。',
      across: '两边像素相同：会抬高测试得分。请从其中一方移除。',
      nearAcross: '外观相似，如缩放或重新压缩的副本，同样会抬高测试得分。请从其中一方移除。',
    },
    wayOut: (ofFolder) =>
      ofFolder
        ? '请从其中一个划分移除“问题”列出的文件，然后重新比较。'
        : '请从其中一个划分移除这些图像，然后重新比较。',
    compared: (images, near) =>
      near < images
        ? `已按像素比较 ${plural(images, { other: '# 张图像' })}，按外观比较 ${plural(near, { other: '# 张' })}`
        : `已比较 ${plural(images, { other: '# 张图像' })}`,
    removeFromTrain: '从训练集移除',
    texts: '两个划分中都有的行',
    text: (kind, train, test) => {
      const both = [train === null ? '训练' : `训练 ${train}`, test === null ? '测试' : `测试 ${test}`];
      return `${kind === 'exact' ? '文本相同' : '几乎相同'}：${both.join('、')}`;
    },
    reimported: '数据集已重新导入',
    notCompared: '尚未相互比较这些图像。',
    compare: '查找重复',
    again: '重新比较',
    notFound: '图像未比较',
    pairs: '重复示例',
    pair: (kind, one, other) => `${kind === 'exact' ? '像素相同' : '相似'}：${one}、${other}`,
    place: (split, index) => `${split} ${formatCount(index + 1)}`,
  },
  imageQuestion: { label: '标签列', add: '添加' },
  template: {
    title: '模型读取的形式',
    model: '预览的基座模型',
    noModel: '添加一个读取文本的基座模型，即可查看它读取这些行的形式。',
    noRows: '前几行都无法读取。',
    previous: '上一行',
    next: '下一行',
    row: (place, total, where) => `${formatCount(place)} / ${formatCount(total)}：${where}`,
    lengths: (rows, median, longest) =>
      `前 ${rowsOf(rows)}：中位数 ${formatCount(median)} · 最大 ${formatCount(longest)} 个 token。`,
    truncated: (rows, limit) =>
      rows === 0 ? '' : `${rowsOf(rows)}会被截断为 ${formatCount(limit)} 个 token（max_length）。`,
  },
  removeQuestion: (name) => `移除数据集“${name}”？`,
};
