import { Kbd, Stack, Table, Title } from '@mantine/core';
import { modals } from '@mantine/modals';
import { registeredActions, type StudioAction } from '../components/actions/action-registry.ts';
import { keysOf } from '../components/actions/shortcut.ts';
import { appStrings } from '../strings/app.ts';

/** Shows every shortcut that works now: those of the page that is shown, and those that work everywhere. */
export function showShortcuts(): void {
  // Read before the dialog takes the place of the page.
  const actions = registeredActions().filter(({ shortcut }) => shortcut !== undefined);
  modals.open({
    modalId: 'shortcuts',
    title: appStrings.shortcuts,
    children: (
      <Stack gap={16}>
        <ShortcutTable title={appStrings.onThisPage} actions={actions.filter(({ scope }) => scope === 'page')} />
        <ShortcutTable title={appStrings.everywhere} actions={actions.filter(({ scope }) => scope === 'window')} />
      </Stack>
    ),
  });
}

function ShortcutTable({ title, actions }: { title: string; actions: readonly StudioAction[] }) {
  if (actions.length === 0) return null;
  const isMac = window.coto.platform === 'darwin';
  return (
    <section aria-label={title}>
      <Title order={3}>{title}</Title>
      <Table aria-label={title}>
        <Table.Tbody>
          {actions.map(({ id, label, shortcut = '' }) => (
            <Table.Tr key={id}>
              <Table.Td w={140}>
                {keysOf(shortcut, isMac).map((key) => (
                  <Kbd key={key} size="xs" mr={4}>
                    {key}
                  </Kbd>
                ))}
              </Table.Td>
              <Table.Td>{label}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}
