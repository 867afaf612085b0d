import { Stack, Textarea } from '@mantine/core';
import { Panel } from '../../components/layout/panel.tsx';
import { playgroundStrings } from '../../strings/playground.ts';
import { LabeledClassTemplates } from '../templates/class-templates-input.tsx';
import { usePlayground } from './playground-store.ts';

const words = playgroundStrings.image;

/** The classes that CLIP compares an image with. */
export function ZeroShotClasses({ classNames, classTemplates }: { classNames: string; classTemplates: string }) {
  return (
    <Panel title={words.classes}>
      <Stack gap={12}>
        <Textarea
          label={words.classesLabel}
          description={words.classesHelp}
          placeholder={words.classesPlaceholder}
          autosize
          minRows={2}
          maxRows={8}
          value={classNames}
          onChange={(event) => usePlayground.setState({ classNames: event.currentTarget.value })}
        />
        <LabeledClassTemplates
          value={classTemplates}
          onChange={(lines) => usePlayground.setState({ classTemplates: lines })}
        />
      </Stack>
    </Panel>
  );
}
