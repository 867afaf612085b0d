import { Kbd, Table } from '@mantine/core';
import { modals } from '@mantine/modals';

interface Shortcut {
  /** `mod` is ⌘ on macOS, else Ctrl. */
  readonly keys: readonly string[];
  readonly does: string;
}

/** Every shortcut of the window; those of editing text are the system's own. */
const shortcuts: readonly Shortcut[] = [
  { keys: ['mod', 'K'], does: 'Search pages, runs, adapters and commands' },
  { keys: ['mod', '1 … 9'], does: 'Open a page, in the order of the sidebar' },
  { keys: ['mod', 'N'], does: 'Set up a run' },
  { keys: ['mod', 'O'], does: 'Open a run from YAML' },
  { keys: ['mod', 'Enter'], does: 'Start training (Train), generate (Playground)' },
  { keys: ['Enter'], does: 'Put the focused adapter on the merge bench' },
  { keys: ['mod', 'Z'], does: 'Undo on the merge bench' },
  { keys: ['mod', 'B'], does: 'Collapse or expand the sidebar' },
  { keys: ['mod', ','], does: 'Settings' },
  { keys: ['F1'], does: 'Guide' },
  { keys: ['?'], does: 'This list' },
];

/** Shows the list of shortcuts. */
export function showShortcuts(): void {
  modals.open({ modalId: 'shortcuts', title: 'Keyboard shortcuts', children: <ShortcutTable /> });
}

function ShortcutTable() {
  const modifier = window.coto.platform === 'darwin' ? '⌘' : 'Ctrl';
  return (
    <Table>
      <Table.Tbody>
        {shortcuts.map(({ keys, does }) => (
          <Table.Tr key={does}>
            <Table.Td w={140}>
              {keys.map((key) => (
                <Kbd key={key} size="xs" mr={4}>
                  {key === 'mod' ? modifier : key}
                </Kbd>
              ))}
            </Table.Td>
            <Table.Td>{does}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
