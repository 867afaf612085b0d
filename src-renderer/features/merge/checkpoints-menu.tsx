import { Button, Menu } from '@mantine/core';
import { useAction, useRequest } from '../../api/query.ts';
import { mergeStrings } from '../../strings/merge.ts';
import { addToBench } from './bench.ts';
import { changeBench } from './bench-store.ts';

/** Puts the checkpoints of a run on the bench, for a soup. Runs with two or more are offered. */
export function CheckpointsMenu() {
  const { data: runs = [] } = useRequest('runs.list', { archived: false });
  const add = useAction('runs.checkpointAdapters', {
    failureTitle: 'The checkpoints were not added',
    onSuccess: (adapters) => changeBench((bench) => adapters.reduce((items, { id }) => addToBench(items, id), bench)),
  });
  const offered = runs
    .map(({ id, name, checkpoints }) => ({ id, name, count: new Set(checkpoints.map(({ step }) => step)).size }))
    .filter(({ count }) => count > 1);
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" loading={add.isPending}>
          {mergeStrings.addCheckpoints}
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={400} style={{ overflowY: 'auto' }}>
        {offered.length === 0 ? (
          <Menu.Label>No run has two checkpoints: train with save_steps above 0.</Menu.Label>
        ) : (
          <Menu.Label>All checkpoints of a run</Menu.Label>
        )}
        {offered.map(({ id, name, count }) => (
          <Menu.Item key={id} onClick={() => add.mutate({ id })}>
            {name} · {count} checkpoints
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
