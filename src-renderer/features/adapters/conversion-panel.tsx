import { Table } from '@mantine/core';
import type { AdapterConversion } from '../../../src-shared/domain/adapters/adapter.ts';
import { lossText } from '../../../src-shared/results/conversion.ts';
import { Panel } from '../../components/layout/panel.tsx';
import { adaptersStrings } from '../../strings/adapters.ts';
import classes from './adapters.module.css';

const words = adaptersStrings.conversion;

/** Errors of the conversion to LoRA by which an adapter was imported: in total, and of each module, the largest first. */
export function ConversionPanel({ conversion: { rank, error, modules } }: { conversion: AdapterConversion }) {
  return (
    <Panel title={words.title} note={words.note(lossText(error), rank)} flush>
      <div className={classes['scroll']} style={{ maxHeight: 320 }}>
        <Table aria-label={words.title} verticalSpacing={4} horizontalSpacing={12} stickyHeader>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{words.module}</Table.Th>
              <Table.Th ta="right">{words.rank}</Table.Th>
              <Table.Th ta="right" title={words.errorHelp}>
                {words.error}
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {modules.map((module) => (
              <Table.Tr key={module.name}>
                <Table.Td>{module.name}</Table.Td>
                <Table.Td ta="right">{module.rank}</Table.Td>
                <Table.Td ta="right">{lossText(module.error)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
    </Panel>
  );
}
