import { Button, Group, Stack, Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { runStrings } from '../../../strings/run.ts';

const words = runStrings.discard;

interface DiscardRun {
  name: string;
  onDiscard: () => void;
  /** Absent where the run does not train now, so that there is nothing to stop. */
  onStop?: () => void;
}

/** Asks once before a run is thrown away, and offers to keep what it has learned. */
export function askToDiscard({ name, onDiscard, onStop }: DiscardRun): void {
  const dialog = modals.open({
    title: words.question(name),
    children: (
      <DiscardQuestion
        onKeep={() => modals.close(dialog)}
        onDiscard={() => {
          modals.close(dialog);
          onDiscard();
        }}
        {...(onStop === undefined
          ? {}
          : {
              onStop: () => {
                modals.close(dialog);
                onStop();
              },
            })}
      />
    ),
  });
}

function DiscardQuestion({ onKeep, onDiscard, onStop }: Omit<DiscardRun, 'name'> & { onKeep: () => void }) {
  return (
    <Stack gap={16}>
      <Text>{onStop ? words.whileTraining : words.otherwise}</Text>
      <Group justify="flex-end" gap={8}>
        <Button variant="default" onClick={onKeep} data-autofocus>
          {onStop ? words.keepTraining : words.keep}
        </Button>
        {onStop ? (
          <Button variant="default" onClick={onStop}>
            {runStrings.actions.stop}
          </Button>
        ) : null}
        <Button color="red.9" onClick={onDiscard}>
          {words.confirm}
        </Button>
      </Group>
    </Stack>
  );
}
