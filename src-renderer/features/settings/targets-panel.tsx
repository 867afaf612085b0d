import { Button } from '@mantine/core';
import type { PlacedBundle, TargetProbe, TargetRecord } from '../../../src-shared/domain/targets/target.ts';
import { useAction, useRequest } from '../../api/query.ts';
import { confirmRemoval } from '../../components/feedback/confirm.tsx';
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
  const list = useAction('targets.bundles', { failureTitle: words.notListed(name) });
  const probe = useAction('targets.probe', { failureTitle: words.failed(name) });
  return (
    <>
      <div className={classes['row']}>
        <div className={classes['rowText']}>
          <div>{name}</div>
          <div className={classes['help']}>{host === null ? kind : `${kind}:${host}`}</div>
        </div>
        <Button variant="default" size="xs" loading={list.isPending} onClick={() => list.mutate({ name })}>
          {words.clean}
        </Button>
        <Button variant="default" size="xs" loading={probe.isPending} onClick={() => probe.mutate({ name })}>
          {words.probe}
        </Button>
      </div>
      {probe.data ? <Findings probe={probe.data} /> : null}
      {list.data ? <LeftBundles name={name} bundles={list.data} onRemoved={() => list.mutate({ name })} /> : null}
    </>
  );
}

interface LeftBundlesProps {
  readonly name: string;
  readonly bundles: readonly PlacedBundle[];
  readonly onRemoved: () => void;
}

/** Lists the files that studies left on a target and what needs them, with a button that removes the rest. */
function LeftBundles({ name, bundles, onRemoved }: LeftBundlesProps) {
  const clean = useAction('targets.clean', { failureTitle: words.notCleaned(name), onSuccess: onRemoved });
  const removable = bundles.filter(({ keptFor }) => keptFor === null);
  const confirm = () =>
    confirmRemoval({
      question: words.removeQuestion(removable.length, name),
      consequence: words.consequence,
      freedBytes: removable.reduce((sum, { bytes }) => sum + bytes, 0),
      onConfirm: () => clean.mutate({ name, folders: removable.map(({ folder }) => folder) }),
    });
  return (
    <>
      {bundles.length === 0 ? <div className={classes['help']}>{words.nothingLeft}</div> : null}
      {bundles.map(({ folder, studyName, runs, keptFor }) => (
        <div key={folder} className={classes['rowText']}>
          <div>{words.bundle(studyName ?? words.removedStudy, runs)}</div>
          <div className={classes['help']}>{keptFor === null ? words.removable : words.keptFor(keptFor)}</div>
        </div>
      ))}
      {removable.length === 0 ? null : (
        <div>
          <Button variant="default" size="xs" loading={clean.isPending} onClick={confirm}>
            {words.remove(removable.length)}
          </Button>
        </div>
      )}
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
