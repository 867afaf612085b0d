import { Button } from '@mantine/core';
import type { TargetProbe, TargetRecord } from '../../../src-shared/domain/target.ts';
import { useAction, useRequest } from '../../api/query.ts';
import { Facts, Panel } from '../../components/layout/panel.tsx';
import { settingsStrings } from '../../strings/settings.ts';
import classes from './settings.module.css';

const words = settingsStrings.targets;

/** The places besides this machine that were added by the command, each with a button that asks it what is there. */
export function TargetsPanel() {
  const { data } = useRequest('targets.list', {});
  if (data === undefined) return null;
  return (
    <Panel title={words.title} note={words.note}>
      {data.targets.length === 0 ? <div className={classes['help']}>{words.none}</div> : null}
      {data.targets.map((target) => (
        <TargetRow key={target.name} target={target} />
      ))}
    </Panel>
  );
}

function TargetRow({ target: { name, kind, host } }: { target: TargetRecord }) {
  const probe = useAction('targets.probe', { failureTitle: words.failed(name) });
  return (
    <>
      <div className={classes['row']}>
        <div className={classes['rowText']}>
          <div>{name}</div>
          <div className={classes['help']}>{host === null ? kind : `${kind}:${host}`}</div>
        </div>
        <Button variant="default" size="xs" loading={probe.isPending} onClick={() => probe.mutate({ name })}>
          {words.probe}
        </Button>
      </div>
      {probe.data ? <Findings probe={probe.data} /> : null}
    </>
  );
}

function Findings({ probe: { facts, problems } }: { probe: TargetProbe }) {
  return (
    <>
      <Facts items={facts.map(({ label, value }) => ({ label, value }))} />
      {problems.map(({ message, hint }) => (
        <div key={message} className={classes['rowText']}>
          <div>{message}</div>
          <div className={classes['help']}>{hint}</div>
        </div>
      ))}
      {problems.length === 0 ? <div className={classes['help']}>{words.ready}</div> : null}
    </>
  );
}
