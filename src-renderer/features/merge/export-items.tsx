import { Button, Group, Menu, Stack, Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { IconFile, IconFolder } from '@tabler/icons-react';
import { useState } from 'react';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import type { ExportTargetDeclaration } from '../../../src-shared/domain/app/export.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { firstProblem } from '../../../src-shared/domain/parameters/parameter-check.ts';
import { useAction, useRequest } from '../../api/query.ts';
import { notifyFailure } from '../../components/feedback/notify.tsx';
import { ParameterForm } from '../../components/form/parameter-form.tsx';
import { exportStrings, exportStrings as strings } from '../../strings/export.ts';

interface ExportItemsProps {
  /** Or how to come by it, asked when a form is chosen; null where that failed. */
  adapter: AdapterRecord | (() => Promise<AdapterRecord | null>);
}

/** A menu item for each form in which an adapter can leave the studio; how it ended comes as a notification. */
export function ExportItems({ adapter: given }: ExportItemsProps) {
  const catalog = useRequest('app.catalog', {});
  const start = useAction('export.start', { failureTitle: strings.failed });
  const write = async (adapter: AdapterRecord, target: ExportTargetDeclaration, parameters: ParameterValues) => {
    try {
      const path = await askPath(adapter.name, target);
      // A folder is named here, so another one is found for it; a file is named by the user.
      const numbered = target.makes === 'folder';
      // The save dialog has asked before it answered with the path of a file.
      const replace = !numbered;
      if (path) start.mutate({ adapterId: adapter.id, target: target.id, path, numbered, replace, parameters });
    } catch (error) {
      notifyFailure(error, strings.failed);
    }
  };
  const ask = async (target: ExportTargetDeclaration) => {
    const adapter = typeof given === 'function' ? await given() : given;
    if (adapter === null) return;
    if (target.parameters.length === 0) return void write(adapter, target, {});
    const dialog = modals.open({
      title: strings.title(adapter.name, target.label),
      children: (
        <ExportForm
          target={target}
          onExport={(parameters) => {
            modals.close(dialog);
            void write(adapter, target, parameters);
          }}
        />
      ),
    });
  };
  const isTrained = typeof given === 'function' || given.origin.kind === 'run';
  return (catalog.data?.exportTargets ?? []).map((target) => (
    <Menu.Item
      key={target.id}
      title={target.needsRun && !isTrained ? strings.needsRun : target.summary}
      disabled={target.needsRun === true && !isTrained}
      leftSection={target.makes === 'file' ? <IconFile size={16} /> : <IconFolder size={16} />}
      onClick={() => void ask(target)}
    >
      {target.parameters.length > 0 ? strings.asking(target.label) : target.label}
    </Menu.Item>
  ));
}

async function askPath(name: string, { id, label, makes, extension }: ExportTargetDeclaration): Promise<string | null> {
  const plainName = name.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-');
  if (makes === 'file')
    return window.coto.dialogs.saveFile({
      title: strings.title(name, label),
      defaultName: extension === undefined ? plainName : `${plainName}.${extension}`,
      ...(extension === undefined ? {} : { filters: [{ name: label, extensions: [extension] }] }),
    });
  const folder = await window.coto.dialogs.saveFolder({ title: strings.folderTitle(name, label) });
  return folder && `${folder}/${plainName}-${id}`;
}

interface ExportFormProps {
  target: ExportTargetDeclaration;
  onExport: (parameters: ParameterValues) => void;
}

/** Options of an export target, shown before the save dialog. */
function ExportForm({ target, onExport }: ExportFormProps) {
  const [values, setValues] = useState<ParameterValues>({});
  return (
    <Stack gap={12}>
      <Text size="sm" c="dimmed">
        {target.summary}
      </Text>
      <ParameterForm declaration={target} values={values} onChange={setValues} showHelp="below" />
      <Group justify="flex-end">
        <Button onClick={() => onExport(values)} disabled={firstProblem(target.parameters, values) !== null}>
          {exportStrings.choosePath}
        </Button>
      </Group>
    </Stack>
  );
}
