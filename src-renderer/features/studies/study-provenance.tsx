import { Button, Code, Group, Menu, Stack, Text } from '@mantine/core';
import type { StudyRecord } from '../../../src-shared/domain/studies/study.ts';
import { provenanceFacts, studyCommand } from '../../../src-shared/studies/report/provenance-facts.ts';
import { request } from '../../api/client.ts';
import { useAction } from '../../api/query.ts';
import { downloadText, fileStem } from '../../components/download.ts';
import { notifyFailure } from '../../components/feedback/notify.tsx';
import { CopyButton } from '../../components/format/copy-button.tsx';
import { HashText } from '../../components/format/path-text.tsx';
import { Facts, Panel } from '../../components/layout/panel.tsx';
import { studiesStrings } from '../../strings/studies.ts';

const strings = studiesStrings.provenance;

/** Tables, methods paragraph and references for LaTeX. */
const paperFiles = ['tables.tex', 'methods.tex', 'references.bib'];

/** Adapters that are listed with their hashes. */
const maxAdapters = 8;

/** Shows the provenance of a study's result, and the file with the command that repeats it. */
export function StudyProvenance({ study }: { study: StudyRecord }) {
  return (
    <Panel title={strings.title} aside={<StudyFiles study={study} />}>
      <Stack gap={12}>
        <Facts
          items={provenanceFacts(study.provenance, maxAdapters).map(({ label, value }) => ({
            label,
            value: <WithHash text={value} />,
          }))}
        />
        <Group gap={8} wrap="nowrap">
          <Text size="sm" c="dimmed">
            {strings.command}
          </Text>
          <Code>{studyCommand}</Code>
          <CopyButton text={studyCommand} label={strings.copyCommand} />
        </Group>
      </Stack>
    </Panel>
  );
}

/** A SHA-256 or a commit in a fact is shortened, with all of it on hover and to copy. */
function WithHash({ text }: { text: string }) {
  const found = /\b[0-9a-f]{40,64}\b/.exec(text);
  if (found === null) return text;
  return (
    <>
      {text.slice(0, found.index)}
      <HashText hash={found[0]} />
      {text.slice(found.index + found[0].length)}
    </>
  );
}

/** Buttons that save what the study can be made again from, and its numbers. */
function StudyFiles({ study: { id, name: studyName } }: { study: StudyRecord }) {
  const save = async (name: string) => {
    try {
      const { files } = await request('studies.files', { id });
      const file = files.find((one) => one.name === name);
      if (file !== undefined) downloadText(file.text, file.name);
    } catch (error) {
      notifyFailure(error, strings.notSaved);
    }
  };
  // The job notifies of its end.
  const pack = useAction('studies.package', { failureTitle: strings.notPackaged });
  const askFolder = async () => {
    try {
      const folder = await window.coto.dialogs.saveFolder({ title: strings.packageTitle(studyName) });
      if (folder !== null) pack.mutate({ id, path: `${folder}/${fileStem(studyName) || 'study'}-package` });
    } catch (error) {
      notifyFailure(error, strings.notPackaged);
    }
  };
  return (
    <Group gap={8} wrap="nowrap">
      <Button
        size="compact-xs"
        variant="default"
        title={strings.packageHelp}
        loading={pack.isPending}
        onClick={() => void askFolder()}
      >
        {strings.package}
      </Button>
      {['study.yaml', 'result.json', 'tables.md'].map((name) => (
        <Button key={name} size="compact-xs" variant="default" onClick={() => void save(name)}>
          {strings.save(name)}
        </Button>
      ))}
      <Menu>
        <Menu.Target>
          <Button size="compact-xs" variant="default">
            {strings.forPapers}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {paperFiles.map((name) => (
            <Menu.Item key={name} onClick={() => void save(name)}>
              {strings.save(name)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </Group>
  );
}
