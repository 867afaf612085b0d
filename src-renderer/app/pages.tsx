import {
  IconArrowMerge,
  IconBook2,
  IconChartLine,
  IconDatabase,
  IconFlask,
  IconHome,
  IconMessage2,
  IconPlayerPlay,
  type IconProps,
  IconPuzzle,
  IconReport,
  IconScissors,
  IconSettings,
  IconStack2,
} from '@tabler/icons-react';
import { type ComponentType, type LazyExoticComponent, lazy } from 'react';
import { type PageId, type PageName, pageNames } from '../../src-shared/pages.ts';

/** A page: its address and word, its icon, and its component, loaded when it is first opened. */
export interface PageEntry extends PageName {
  icon: ComponentType<IconProps>;
  component: LazyExoticComponent<ComponentType>;
  /** Loads the module before it is shown. */
  load: () => Promise<{ default: ComponentType }>;
}

/** Icon and module of each page. A page's module exports its component as default. */
const parts: Readonly<Record<PageId, Pick<PageEntry, 'icon' | 'load'>>> = {
  home: { icon: IconHome, load: () => import('../pages/home/home-page.tsx') },
  data: { icon: IconDatabase, load: () => import('../pages/data/data-page.tsx') },
  models: { icon: IconStack2, load: () => import('../pages/models/models-page.tsx') },
  train: { icon: IconPlayerPlay, load: () => import('../pages/train/train-page.tsx') },
  runs: { icon: IconChartLine, load: () => import('../pages/runs/runs-page.tsx') },
  adapters: { icon: IconPuzzle, load: () => import('../pages/adapters/adapters-page.tsx') },
  merge: { icon: IconArrowMerge, load: () => import('../pages/merge/merge-page.tsx') },
  prune: { icon: IconScissors, load: () => import('../pages/prune/prune-page.tsx') },
  playground: { icon: IconMessage2, load: () => import('../pages/playground/playground-page.tsx') },
  studies: { icon: IconFlask, load: () => import('../pages/studies/studies-page.tsx') },
  reports: { icon: IconReport, load: () => import('../pages/reports/reports-page.tsx') },
  guide: { icon: IconBook2, load: () => import('../pages/guide/guide-page.tsx') },
  settings: { icon: IconSettings, load: () => import('../pages/settings/settings-page.tsx') },
};

/** Every page in the order of the rail. */
export const pages: readonly PageEntry[] = pageNames.map((page) => {
  const part = parts[page.id];
  return { ...page, ...part, component: lazy(part.load) };
});
