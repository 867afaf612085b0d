import { Collapse, Group, Text, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import classes from './config-field.module.css';
import { differs } from './draft.ts';
import { useDefaults, useTrainForm } from './draft-store.ts';

interface MoreFieldsProps {
  /** The fields inside: the line says how many of them differ from their default. */
  names: readonly string[];
  problems: ReadonlyMap<string, string>;
  children: ReactNode;
}

/** The fields of a card that are seldom changed. A fault inside keeps them open. */
export function MoreFields({ names, problems, children }: MoreFieldsProps) {
  const { draft } = useTrainForm();
  const defaults = useDefaults();
  const [wanted, { toggle }] = useDisclosure(false);
  const faulty = names.some((name) => problems.has(name));
  const changed = names.filter((name) => differs(draft, name, defaults)).length;
  const open = wanted || faulty;
  const Chevron = open ? IconChevronDown : IconChevronRight;
  return (
    <>
      <UnstyledButton onClick={toggle} aria-expanded={open} mt={8}>
        <Group gap={4}>
          <Chevron size={14} />
          <Text size="xs" c="dimmed">
            More settings{changed > 0 ? ` (${changed} changed)` : ''}
          </Text>
        </Group>
      </UnstyledButton>
      <Collapse expanded={open}>
        <div className={classes['form']} style={{ marginTop: 8 }}>
          {children}
        </div>
      </Collapse>
    </>
  );
}
