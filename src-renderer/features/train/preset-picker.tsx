import { Badge, Button, Group, Modal, ScrollArea, Stack, Table, Text, UnstyledButton } from '@mantine/core';
import { useState } from 'react';
import type { Declaration } from '../../../src-shared/domain/parameters/parameter.ts';
import { trainStrings } from '../../strings/train.ts';
import { applyPreset, useTrainForm } from './draft-store.ts';
import { draftChanges, draftWithPreset } from './preset-changes.ts';
import { presets } from './presets/index.ts';
import type { PresetBase } from './presets/preset.ts';
import classes from './train.module.css';

interface PresetPickerProps {
  onClose: () => void;
  base: PresetBase;
  variants: readonly Declaration[];
}

/** Recipes beside what each would change in the form, before it is applied. */
export function PresetPicker({ onClose, base, variants }: PresetPickerProps) {
  const { draft, preset: applied } = useTrainForm();
  const [shown, setShown] = useState(applied?.id ?? presets[0]?.id ?? null);
  const preset = presets.find(({ id }) => id === shown) ?? null;
  const settings = preset?.settings(base) ?? {};
  const changes = draftChanges(draft, draftWithPreset(draft, applied, settings), variants);
  const apply = () => {
    applyPreset(preset === null ? null : { id: preset.id, settings });
    onClose();
  };
  const choices = [...presets, { id: null, label: trainStrings.noPreset }];
  return (
    <Modal opened onClose={onClose} title={trainStrings.choosePreset} size={760}>
      <div className={classes['presets']}>
        <ul className={classes['records']} aria-label={trainStrings.choosePreset}>
          {choices.map(({ id, label }) => (
            <li key={id ?? ''}>
              <UnstyledButton
                className={classes['record'] ?? ''}
                aria-pressed={shown === id}
                onClick={() => setShown(id)}
              >
                <Group gap={8} wrap="nowrap" justify="space-between">
                  <span className={classes['recordName']}>{label}</span>
                  {id !== null && applied?.id === id ? <Badge color="gray">{trainStrings.applied}</Badge> : null}
                </Group>
              </UnstyledButton>
            </li>
          ))}
        </ul>
        <Stack gap={8} className={classes['presetDetail'] ?? ''}>
          <Text size="sm">{preset?.summary ?? trainStrings.noPresetSummary}</Text>
          {preset === null ? null : (
            <Text size="xs" c="dimmed">
              {preset.source === null ? (
                trainStrings.settingsOfApp
              ) : (
                <>
                  {trainStrings.source}: {preset.source.title}, <code>{preset.source.url}</code>
                </>
              )}
            </Text>
          )}
          <Text size="sm" fw={600}>
            {trainStrings.changesOnApply}
          </Text>
          {changes.length === 0 ? (
            <Text size="sm" c="dimmed">
              {trainStrings.nothingChanges}
            </Text>
          ) : (
            <ScrollArea.Autosize
              mah={300}
              viewportProps={{ tabIndex: 0, role: 'region', 'aria-label': trainStrings.changesOnApply }}
            >
              <Table verticalSpacing={2} aria-label={trainStrings.changesOnApply}>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{trainStrings.setting}</Table.Th>
                    <Table.Th>{trainStrings.now}</Table.Th>
                    <Table.Th>{trainStrings.after}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {changes.map(({ name, label, from, to }) => (
                    <Table.Tr key={name}>
                      <Table.Td>{label}</Table.Td>
                      <Table.Td c="dimmed">{from}</Table.Td>
                      <Table.Td>{to}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </ScrollArea.Autosize>
          )}
        </Stack>
      </div>
      <Group justify="flex-end" mt={12}>
        <Button variant="default" onClick={onClose}>
          {trainStrings.close}
        </Button>
        <Button onClick={apply} disabled={changes.length === 0 && applied?.id === preset?.id}>
          {trainStrings.apply}
        </Button>
      </Group>
    </Modal>
  );
}
