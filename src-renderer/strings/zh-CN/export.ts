import type { Catalog } from '../catalog.ts';

export const exportWords: Catalog['export'] = {
  heading: '导出为',
  failed: '适配器未导出',
  title: (name, form) => `将 ${name} 导出为 ${form}`,
  folderTitle: (name, form) => `将 ${name} 导出为 ${form} 到`,
  asking: (form) => `${form}…`,
  needsRun: '此适配器不是由工作室的运行训练的，因此没有可导出的训练。',
  choosePath: '选择位置…',
  evaluate: '评估…',
  prune: '剪枝或调整大小…',
  pruneTitle: (name) => `剪枝 ${name}`,
  runtimes: '运行时兼容性…',
  runtimesTitle: (name) => `${name} 的运行时兼容性`,
};
