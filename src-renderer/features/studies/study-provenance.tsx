import { Button, Code, Group, Stack, Text } from '@mantine/core';
import type { StudyRecord } from '../../../src-shared/domain/study.ts';
import { provenanceFacts, studyCommand } from '../../../src-shared/studies/provenance-facts.ts';
import { request } from '../../api/client.ts';
import { downloadText } from '../../components/download.ts';
import { notifyFailure } from '../../components/feedback/notify.tsx';
import { CopyButton } from '../../components/format/copy-button.tsx';
import { Facts, Panel } from '../../components/layout/panel.tsx';

/** Adapters that are listed with their hashes. */
const mostAdapters = 8;

/** How a study's result was made, and the file with the command that makes it again. */
export function StudyProvenance({ study }: { study: StudyRecord }) {
  return (
    <Panel title="How it was made" aside={<StudyFiles id={study.id} />}>
      <Stack gap={12}>
        <Facts items={provenanceFacts(study.provenance, mostAdapters)} />
        <Group gap={8} wrap="nowrap">
          <Text size="sm" c="dimmed">
            Makes it again, where study.yaml is saved:
          </Text>
          <Code>{studyCommand}</Code>
          <CopyButton text={studyCommand} label="Copy the command" />
        </Group>
      </Stack>
    </Panel>
  );
}

/** Buttons that save what the study can be made again from, and its numbers. */
function StudyFiles({ id }: { id: string }) {
  const save = async (name: string) => {
    try {
      const { files } = await request('studies.files', { id });
      const file = files.find((one) => one.name === name);
      if (file !== undefined) downloadText(file.text, file.name);
    } catch (error) {
      notifyFailure(error, 'The file was not saved');
    }
  };
  return (
    <Group gap={8} wrap="nowrap">
      {['study.yaml', 'result.json', 'tables.md'].map((name) => (
        <Button key={name} size="compact-xs" variant="default" onClick={() => void save(name)}>
          Save {name}
        </Button>
      ))}
    </Group>
  );
}
