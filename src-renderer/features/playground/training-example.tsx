import { ActionIcon, Menu, Tooltip } from '@mantine/core';
import { IconFilePlus, IconPlus, IconSchool } from '@tabler/icons-react';
import { notifyFailure, notifySuccess } from '../../components/feedback/notify.tsx';
import { fileName } from '../../components/format/file-name.ts';
import { playgroundStrings } from '../../strings/playground.ts';

const words = playgroundStrings.example;
const filters = [{ name: words.files, extensions: ['jsonl'] }];

/** Adds an answer with the conversation before it to a file of training examples. @param line the example as JSON Lines */
export function TrainingExampleMenu({ name, line }: { name: string; line: string }) {
  const add = async (write: () => Promise<string | null>) => {
    try {
      const path = await write();
      if (path !== null) notifySuccess(words.added, fileName(path), path);
    } catch (error) {
      notifyFailure(error, words.failed);
    }
  };
  return (
    <Menu>
      <Tooltip label={words.use}>
        <Menu.Target>
          <ActionIcon size={20} aria-label={words.useOf(name)}>
            <IconSchool size={14} />
          </ActionIcon>
        </Menu.Target>
      </Tooltip>
      <Menu.Dropdown>
        <Menu.Label>{words.use}</Menu.Label>
        <Menu.Item
          leftSection={<IconPlus size={16} />}
          onClick={() => void add(() => window.coto.dialogs.appendText(line, { title: words.addTitle, filters }))}
        >
          {words.toFile}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconFilePlus size={16} />}
          onClick={() =>
            void add(() =>
              window.coto.dialogs.saveText(line, { title: words.newTitle, defaultName: words.newName, filters }),
            )
          }
        >
          {words.toNewFile}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
