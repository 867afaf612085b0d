import { Button, Stack } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import type { ParameterSpec, ParameterValue } from '../../../src-shared/domain/parameters/parameter.ts';
import { textOfValue } from '../../../src-shared/domain/parameters/parameter-text.ts';
import { type RunConfig, runConfigSchema } from '../../../src-shared/domain/runs/run.ts';
import type { Grid } from '../../../src-shared/studies/grid/grid-cells.ts';
import { gridFromText } from '../../../src-shared/studies/grid/grid-cells.ts';
import { Panel } from '../../components/layout/panel.tsx';
import { studiesStrings } from '../../strings/studies.ts';
import { trainStrings } from '../../strings/train.ts';
import { draftOf } from '../train/draft.ts';
import { useVariants } from '../train/draft-store.ts';
import { runFields } from '../train/run-fields.ts';
import { axisValues, valuesInput } from '../train/sweep.ts';
import { Axis } from '../train/sweep-axis.tsx';
import type { AxisDraft } from '../train/use-sweep.ts';

const strings = studiesStrings.form;
const emptyAxis: AxisDraft = { field: null, text: '', chosen: [] };

interface GridRowsProps {
  title?: string;
  /** The run that the grid varies; null: not chosen yet. */
  run: RunConfig | null;
  /** The grid as its parameter has it: a line for each field. */
  text: string;
  onChange: (text: string) => void;
}

/** The grid of a study in rows: a setting of the run, and its values in the control of the setting. */
export function GridRows({ title = strings.grid, run, text, onChange }: GridRowsProps) {
  const variants = useVariants();
  const fields = useMemo(
    () => runFields(draftOf(run ?? runConfigSchema.parse({})), variants).filter(({ name }) => name !== 'seed'),
    [run, variants],
  );
  const [edited, setEdited] = useState<readonly AxisDraft[] | null>(null);
  const axes = edited ?? axesOfGrid(text, fields);
  const change = (next: readonly AxisDraft[]) => {
    setEdited(next);
    onChange(gridOfAxes(next, fields));
  };
  return (
    <Panel title={title} note={strings.gridNote}>
      <Stack gap={8}>
        {axes.map((axis, at) => (
          <Axis
            key={at}
            axis={axis}
            spec={fields.find(({ name }) => name === axis.field)}
            fields={fields}
            onChange={(changes) => change(axes.map((one, place) => (place === at ? { ...one, ...changes } : one)))}
            onRemove={axes.length === 1 ? null : () => change(axes.filter((_, place) => place !== at))}
          />
        ))}
        <Button
          variant="default"
          size="compact-sm"
          style={{ alignSelf: 'flex-start' }}
          leftSection={<IconPlus size={14} />}
          onClick={() => change([...axes, emptyAxis])}
        >
          {trainStrings.addField}
        </Button>
      </Stack>
    </Panel>
  );
}

/** The rows of a grid's text; one empty row where it has none, or where a field is not one of the form's. */
export function axesOfGrid(text: string, fields: readonly ParameterSpec[]): readonly AxisDraft[] {
  const axes = Object.entries(gridOf(text)).flatMap(([name, values]): AxisDraft[] => {
    const spec = fields.find((field) => field.name === name);
    if (spec === undefined) return [];
    const words = values.map((value) =>
      name === 'coto' ? String(value !== null) : textOfValue(value as ParameterValue),
    );
    const separator = valuesInput(spec) === 'lines' ? '\n' : ', ';
    return [
      valuesInput(spec) === 'choices'
        ? { field: name, text: '', chosen: words }
        : { field: name, text: words.join(separator), chosen: [] },
    ];
  });
  return axes.length === 0 ? [emptyAxis] : axes;
}

function gridOf(text: string): Grid {
  try {
    return gridFromText(text);
  } catch {
    return {};
  }
}

/** "coto: off, on" and so on: a line for each row with a setting and values. */
export function gridOfAxes(axes: readonly AxisDraft[], fields: readonly ParameterSpec[]): string {
  return axes
    .flatMap(({ field, text, chosen }) => {
      const spec = fields.find(({ name }) => name === field);
      const values = spec === undefined ? [] : axisValues(spec, text, chosen);
      return values.length === 0 ? [] : [`${field}: ${values.map((value) => wordOf(value, field)).join(', ')}`];
    })
    .join('\n');
}

function wordOf(value: ParameterValue, field: string | null): string {
  if (field === 'coto') return value === true ? 'on' : 'off';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
