import { Code, Group } from '@mantine/core';
import { useState } from 'react';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import { Segments } from '../../components/form/segments.tsx';
import { CopyButton } from '../../components/format/copy-button.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { trainStrings } from '../../strings/train.ts';
import { trainCommand } from './command-line.ts';
import type { Draft } from './draft.ts';
import { discardYaml, useVariants } from './draft-store.ts';
import { useRunYaml } from './use-run-yaml.ts';
import { YamlEditor } from './yaml-editor.tsx';

interface RunTextsProps {
  draft: Draft;
  /** The last config that was whole; null: there was none. */
  config: RunConfig | null;
  /** Beside the YAML, which is that of the config; the command is that of the draft. */
  note: string;
}

/** The same run as a YAML file, which can be edited, and as a command. */
export function RunTexts({ draft, config, note }: RunTextsProps) {
  const [shown, setShown] = useState<'yaml' | 'command'>('yaml');
  const variants = useVariants();
  const yaml = useRunYaml(config);
  const text = shown === 'yaml' ? yaml.text : trainCommand(draft, variants);
  return (
    <Panel
      title={trainStrings.yamlAndCommand}
      note={shown === 'yaml' && yaml.problems.length === 0 ? note : ''}
      aside={
        <Group gap={8} wrap="nowrap">
          <Segments
            aria-label={trainStrings.runText}
            value={shown}
            onChange={(value) => setShown(value === 'command' ? 'command' : 'yaml')}
            data={[
              { value: 'yaml', label: trainStrings.yaml },
              { value: 'command', label: trainStrings.command },
            ]}
          />
          <CopyButton text={text} label={shown === 'yaml' ? trainStrings.copyYaml : trainStrings.copyCommand} />
        </Group>
      }
    >
      {shown === 'yaml' ? (
        <YamlEditor text={yaml.text} problems={yaml.problems} onChange={yaml.change} onDiscard={discardYaml} />
      ) : (
        <Code
          block
          role="region"
          aria-label={trainStrings.trainCommand}
          mah={260}
          mih={60}
          style={{ overflow: 'auto' }}
        >
          {text}
        </Code>
      )}
    </Panel>
  );
}
