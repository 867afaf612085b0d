// @vitest-environment happy-dom
import { MantineProvider, Table } from '@mantine/core';
import { cleanup, render } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import { theme } from '../../../../src-renderer/app/theme.ts';
import { DataTable } from '../../../../src-renderer/components/table/data-table.tsx';

afterEach(cleanup);

test('the heads of plain tables look like those of tables that sort', () => {
  const columns = [{ id: 'name', header: 'Name', value: (item: { name: string }) => item.name }];
  const view = render(
    <MantineProvider theme={theme} env="test">
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Kind</Table.Th>
          </Table.Tr>
        </Table.Thead>
      </Table>
      <DataTable label="Names" items={[{ name: 'a' }]} itemId={({ name }) => name} columns={columns} />
    </MantineProvider>,
  );
  const [plain, sorting] = view.getAllByRole('columnheader').map(({ style }) => [style.fontWeight, style.color]);
  expect(plain).toEqual(sorting);
  expect(plain).toEqual(['500', 'var(--mantine-color-dimmed)']);
});
