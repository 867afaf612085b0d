import type { Catalog } from '../catalog.ts';

export const tour: Catalog['tour'] = {
  label: '窗口导览',
  count: (at, all) => `导览 · ${at} / ${all}`,
  skip: '跳过导览',
  back: '上一步',
  next: '下一步',
  done: '完成',
  stops: {
    data: {
      title: '您的数据',
      text: '列表中有应用自带的小型数据集。在此添加您自己的数据，或将文本文件或图像文件夹拖放到窗口上。',
    },
    models: {
      title: '基座模型',
      text: '已有一个小型基座。在此添加模型文件夹或 GGUF 文件，或从 Hugging Face 下载。',
    },
    train: {
      title: '设置运行',
      text: '在此选择基座、数据集和配方，然后开始。其他每项设置都已有可用的值；设置旁的“?”有说明。',
    },
    results: {
      title: '查看结果',
      text: '“运行”显示训练中的曲线。得到的适配器可用于合并、剪枝，或在 Playground 中试用。“研究”比较使用和不使用 CoTo 的运行。“帮助”›“窗口导览”可再次显示此导览。',
    },
  },
};
