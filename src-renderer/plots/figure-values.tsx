import { Table, Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { z } from 'zod';
import { formatCount } from '../components/format/format.ts';
import { figureStrings } from '../strings/figures.ts';
import { type FigureSource, figureValues } from './figure-data.ts';

/** A table of more rows is slow to draw, and nobody reads it; the CSV has all. */
const shownValues = 400;

const axesSchema = z.looseObject({
  xaxis: z.looseObject({ title: z.unknown() }).optional().catch(undefined),
  yaxis: z.looseObject({ title: z.unknown() }).optional().catch(undefined),
});
const titleSchema = z.union([z.string(), z.looseObject({ text: z.string() }).transform(({ text }) => text)]);

/** Shows the values behind a figure, for the keyboard and for whoever reads numbers rather than curves. */
export function showFigureValues(figure: FigureSource, name: string): void {
  modals.open({ title: name, size: 'lg', children: <FigureValues figure={figure} name={name} /> });
}

export function FigureValues({ figure, name }: { figure: FigureSource; name: string }) {
  const values = figureValues(figure).filter(
    ({ y, z: amount }) => (amount ?? y) !== null && (amount ?? y) !== undefined,
  );
  const shown = values.slice(0, shownValues);
  const hasAmounts = shown.some((value) => value.z !== undefined);
  const hasErrors = shown.some((value) => value.error !== undefined && value.error !== null);
  const axes = axesSchema.safeParse(figure.layout).data;
  return (
    <>
      {values.length > shown.length ? (
        <Text size="xs" c="dimmed" mb={8}>
          {figureStrings.firstValues(formatCount(shown.length), formatCount(values.length))}
        </Text>
      ) : null}
      <Table aria-label={figureStrings.valuesOf(name)} stickyHeader>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{figureStrings.series}</Table.Th>
            <Table.Th>{axisTitle(axes?.xaxis?.title) ?? 'x'}</Table.Th>
            <Table.Th>{axisTitle(axes?.yaxis?.title) ?? 'y'}</Table.Th>
            {hasAmounts ? <Table.Th>{figureStrings.value}</Table.Th> : null}
            {hasErrors ? <Table.Th>±</Table.Th> : null}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {shown.map(({ trace, x, y, z: amount, error }, index) => (
            <Table.Tr key={index}>
              <Table.Td>{trace}</Table.Td>
              <Table.Td>{valueText(x)}</Table.Td>
              <Table.Td>{valueText(y)}</Table.Td>
              {hasAmounts ? <Table.Td>{valueText(amount)}</Table.Td> : null}
              {hasErrors ? <Table.Td>{valueText(error)}</Table.Td> : null}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </>
  );
}

function axisTitle(title: unknown): string | null {
  return titleSchema.safeParse(title).data ?? null;
}

function valueText(value: unknown): string {
  if (value === null || value === undefined) return '–';
  // Rounds to a useful precision, without artifacts of binary fractions.
  return typeof value === 'number' ? String(Number(value.toPrecision(6))).replace('-', '−') : String(value);
}
