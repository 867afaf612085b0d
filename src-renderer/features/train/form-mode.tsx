import { Group, Text } from '@mantine/core';
import { useAction, useRequest } from '../../api/query.ts';
import { Segments } from '../../components/form/segments.tsx';
import { trainStrings } from '../../strings/train.ts';

const words = trainStrings.simple;

/** Returns true if forms show their main settings only: one setting for Train and studies. */
export function useSimpleForms(): boolean {
  return useRequest('settings.get', {}).data?.simple_forms === true;
}

interface FormModeProps {
  /** False if a setting outside the simple form is wrong, so that the full form is shown. */
  fits: boolean;
}

/** Switch between the simple and the full form. */
export function FormMode({ fits }: FormModeProps) {
  const wantsSimple = useSimpleForms();
  const saveSettings = useAction('settings.set');
  return (
    <Group gap={12}>
      <Segments
        aria-label={words.mode}
        data={(['simple', 'full'] as const).map((value) => ({ value, label: words[value] }))}
        value={wantsSimple ? 'simple' : 'full'}
        onChange={(value) => saveSettings.mutate({ simple_forms: value === 'simple' })}
      />
      {wantsSimple && !fits ? (
        <Text size="xs" c="dimmed" role="status">
          {words.fullNeeded}
        </Text>
      ) : null}
    </Group>
  );
}
