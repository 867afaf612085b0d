import {
  IconArrowMerge,
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

/** A page: the first segment of its address, its word in the rail, and its component, loaded when it is first opened. */
export interface PageEntry {
  id: string;
  label: string;
  icon: ComponentType<IconProps>;
  component: LazyExoticComponent<ComponentType>;
}

/** Every page in the order of the rail. A page's module exports its component as default. */
export const pages: readonly PageEntry[] = [
  { id: 'home', label: 'Home', icon: IconHome, component: lazy(() => import('../pages/home/home-page.tsx')) },
  { id: 'data', label: 'Data', icon: IconDatabase, component: lazy(() => import('../pages/data/data-page.tsx')) },
  { id: 'models', label: 'Models', icon: IconStack2, component: lazy(() => import('../pages/models/models-page.tsx')) },
  { id: 'train', label: 'Train', icon: IconPlayerPlay, component: lazy(() => import('../pages/train/train-page.tsx')) },
  { id: 'runs', label: 'Runs', icon: IconChartLine, component: lazy(() => import('../pages/runs/runs-page.tsx')) },
  { id: 'merge', label: 'Merge', icon: IconArrowMerge, component: lazy(() => import('../pages/merge/merge-page.tsx')) },
  { id: 'prune', label: 'Prune', icon: IconScissors, component: lazy(() => import('../pages/prune/prune-page.tsx')) },
  {
    id: 'playground',
    label: 'Playground',
    icon: IconMessage2,
    component: lazy(() => import('../pages/playground/playground-page.tsx')),
  },
  {
    id: 'studies',
    label: 'Studies',
    icon: IconFlask,
    component: lazy(() => import('../pages/studies/studies-page.tsx')),
  },
  {
    id: 'reports',
    label: 'Reports',
    icon: IconReport,
    component: lazy(() => import('../pages/reports/reports-page.tsx')),
  },
  {
    id: 'settings',
    label: 'Settings',
    icon: IconSettings,
    component: lazy(() => import('../pages/settings/settings-page.tsx')),
  },
];
