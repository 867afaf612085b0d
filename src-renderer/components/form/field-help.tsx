import { ActionIcon, Popover, Text } from '@mantine/core';
import { IconHelp } from '@tabler/icons-react';
import { createContext, useContext } from 'react';

/** What a field's "?" explains. */
export interface HelpTopic {
  /** As it is written in the YAML and after `--set`. */
  readonly name: string;
  readonly label: string;
  readonly help: string;
}

/** Shows a topic in more room than a popover has, e.g. in a side sheet; null: the "?" opens a popover. */
export const FieldHelpContext = createContext<((topic: HelpTopic) => void) | null>(null);

interface FieldHelpProps extends HelpTopic {
  opened: boolean;
  onChange: (opened: boolean) => void;
}

/** The "?" of a field: its help for mouse, keyboard and touch alike. */
export function FieldHelp({ name, label, help, opened, onChange }: FieldHelpProps) {
  const show = useContext(FieldHelpContext);
  const button = (
    <ActionIcon
      size={20}
      aria-label={`Help on ${label}`}
      aria-expanded={show === null ? opened : undefined}
      onClick={() => (show === null ? onChange(!opened) : show({ name, label, help }))}
    >
      <IconHelp size={14} />
    </ActionIcon>
  );
  if (show !== null) return button;
  return (
    <Popover opened={opened} onChange={onChange} width={280} position="bottom-end" shadow="md" withinPortal>
      <Popover.Target>{button}</Popover.Target>
      <Popover.Dropdown>
        <Text size="sm">{help}</Text>
        <Text size="xs" c="dimmed" ff="monospace" mt={4}>
          {name}
        </Text>
      </Popover.Dropdown>
    </Popover>
  );
}
