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
}

/** What the window has for each page. A page's module exports its component as default. */
const parts: Readonly<Record<PageId, Pick<PageEntry, 'icon' | 'component'>>> = {
  home: { icon: IconHome, component: lazy(() => import('../pages/home/home-page.tsx')) },
  data: { icon: IconDatabase, component: lazy(() => import('../pages/data/data-page.tsx')) },
  models: { icon: IconStack2, component: lazy(() => import('../pages/models/models-page.tsx')) },
  train: { icon: IconPlayerPlay, component: lazy(() => import('../pages/train/train-page.tsx')) },
  runs: { icon: IconChartLine, component: lazy(() => import('../pages/runs/runs-page.tsx')) },
  merge: { icon: IconArrowMerge, component: lazy(() => import('../pages/merge/merge-page.tsx')) },
  prune: { icon: IconScissors, component: lazy(() => import('../pages/prune/prune-page.tsx')) },
  playground: { icon: IconMessage2, component: lazy(() => import('../pages/playground/playground-page.tsx')) },
  studies: { icon: IconFlask, component: lazy(() => import('../pages/studies/studies-page.tsx')) },
  reports: { icon: IconReport, component: lazy(() => import('../pages/reports/reports-page.tsx')) },
  guide: { icon: IconBook2, component: lazy(() => import('../pages/guide/guide-page.tsx')) },
  settings: { icon: IconSettings, component: lazy(() => import('../pages/settings/settings-page.tsx')) },
};

/** Every page in the order of the rail. */
export const pages: readonly PageEntry[] = pageNames.map((page) => ({ ...page, ...parts[page.id] }));
