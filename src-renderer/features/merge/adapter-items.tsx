import { Menu } from '@mantine/core';
import { modals } from '@mantine/modals';
import { IconPlugConnected, IconScissors, IconTarget } from '@tabler/icons-react';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import { exportStrings as strings } from '../../strings/export.ts';
import { openEvaluation } from '../evaluation/open-evaluation.tsx';
import { ExportItems } from './export-items.tsx';
import { PruneAdapter } from './prune-adapter.tsx';
import { RuntimeVerdicts } from './runtime-verdicts.tsx';

/** Menu items for an adapter, on its card and on the page of its run. */
export function AdapterItems({ adapter }: { adapter: AdapterRecord }) {
  return (
    <>
      <Menu.Label>{strings.heading}</Menu.Label>
      <ExportItems adapter={adapter} />
      <Menu.Divider />
      <Menu.Item
        leftSection={<IconTarget size={16} />}
        onClick={() => openEvaluation({ name: adapter.name, modelId: adapter.modelId, adapter })}
      >
        {strings.evaluate}
      </Menu.Item>
      <Menu.Item
        leftSection={<IconScissors size={16} />}
        onClick={() => {
          const dialog = modals.open({
            title: strings.pruneTitle(adapter.name),
            children: <PruneAdapter adapter={adapter} onStarted={() => modals.close(dialog)} />,
          });
        }}
      >
        {strings.prune}
      </Menu.Item>
      <Menu.Item
        leftSection={<IconPlugConnected size={16} />}
        onClick={() =>
          modals.open({
            title: strings.runtimesTitle(adapter.name),
            size: 'lg',
            children: <RuntimeVerdicts adapter={adapter} />,
          })
        }
      >
        {strings.runtimes}
      </Menu.Item>
    </>
  );
}
