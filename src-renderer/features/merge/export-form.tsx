import { Button, Group, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { ExportTargetDeclaration } from '../../../src-shared/domain/app/export.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { firstProblem } from '../../../src-shared/domain/parameters/parameter-check.ts';
import { ParameterForm } from '../../components/form/parameter-form.tsx';
import { exportStrings } from '../../strings/export.ts';

interface ExportFormProps {
  target: ExportTargetDeclaration;
  onExport: (parameters: ParameterValues) => void;
}

/** Options of an export target, shown before the save dialog. */
export function ExportForm({ target, onExport }: ExportFormProps) {
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
