import type { Catalog } from '../catalog.ts';
import { adaptersOf, plural } from './counts.ts';

export const prune: Catalog['prune'] = {
  title: '剪枝',
  state: (adapters, studies) => `${adaptersOf(adapters)}，${plural(studies, { other: '# 项剪枝研究' })}`,
  train: '训练适配器',
  empty: '查看在准确率下降之前可以剪掉适配器的多少。还没有适配器。',
  hint: '在左侧选择适配器（如有，请选择使用和不使用 CoTo 的多个种子），然后运行剪枝研究。其图会显示在这里；点击一个点即可保存该适配器。',
  shown: '显示的剪枝研究',
  openStudy: '打开研究',

  adapters: '适配器',
  adaptersLabel: '要剪枝的适配器',
  filterLabel: '筛选要剪枝的适配器',
  filter: '筛选适配器…',
  filters: '仅显示',
  fits: '与所选相符',
  noMatch: '没有匹配的适配器',
  selected: (count) => (count === 0 ? '同一基座的种子' : plural(count, { other: '已选 # 个' })),
  clear: '清空',
  evaluation: '评估',
  dataset: '数据集',
  trainingDataset: '训练数据集',
  grid: (label) => `${label}的网格`,
  gridHelp: (help, example) => `${help} 多个值用逗号分隔：${example}`,
  run: '运行剪枝研究',
  queued: '剪枝研究已排队',

  problems: {
    adapter: '请至少选择一个适配器。',
    foreign: '研究在适配器的基座上评分，因此基座必须在工作室中。',
    bases: '这些适配器的基座模型不同：一项研究只用一个基座。',
    dataset: '请选择用于评估的数据集。',
  },
  evaluations: (count) => plural(count, { other: '# 次评估' }),
};
