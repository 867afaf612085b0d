import { Code, Group, SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { CopyButton } from '../../components/format/copy-button.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { trainCommand } from './command-line.ts';
import type { Draft } from './draft.ts';
import { useVariants } from './draft-store.ts';
import type { RunEstimate } from './use-run-draft.ts';

interface RunTextsProps {
  draft: Draft;
  estimate: RunEstimate | undefined;
  /** Beside the YAML, which is that of the estimate; the command is that of the draft. */
  note: string;
}

/** The same run as a YAML file and as a command. */
export function RunTexts({ draft, estimate, note }: RunTextsProps) {
  const [shown, setShown] = useState<'yaml' | 'command'>('yaml');
  const variants = useVariants();
  const text = shown === 'yaml' ? (estimate?.yaml ?? '') : trainCommand(draft, variants);
  return (
    <Panel
      title="YAML and CLI"
      note={shown === 'yaml' ? note : ''}
      aside={
        <Group gap={8}>
          <SegmentedControl
            aria-label="Form of the run"
            value={shown}
            onChange={(value) => setShown(value === 'command' ? 'command' : 'yaml')}
            data={[
              { value: 'yaml', label: 'YAML' },
              { value: 'command', label: 'Command' },
            ]}
          />
          <CopyButton text={text} label={shown === 'yaml' ? 'Copy the YAML' : 'Copy the command'} />
        </Group>
      }
    >
      <Code
        block
        aria-label={shown === 'yaml' ? 'Run as YAML' : 'coto train command'}
        mah={260}
        mih={60}
        style={{ overflow: 'auto' }}
      >
        {text}
      </Code>
    </Panel>
  );
}
