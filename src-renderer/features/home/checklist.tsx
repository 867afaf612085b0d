import { Button } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { navigate } from '../../app/routes.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { homeStrings } from '../../strings/home.ts';
import { DemoButton } from './demo-button.tsx';
import classes from './home.module.css';
import type { ChecklistState, StepId, StepState } from './use-checklist.ts';

const strings = homeStrings.checklist;

/** First steps for new users: five steps that check themselves off, all possible with the bundled files. */
export function Checklist({ checklist }: { checklist: ChecklistState }) {
  const { steps, reportPath } = checklist;
  const done = steps.filter(({ state }) => state === 'done').length;
  const actions: Record<StepId, ReactNode> = {
    demo: <DemoButton filled />,
    report:
      reportPath === null ? (
        <span className={classes['quiet']}>{strings.report.none}</span>
      ) : (
        <Go to={reportPath}>{strings.report.action}</Go>
      ),
    data: <Go to="/data">{strings.data.action}</Go>,
    model: <Go to="/models">{strings.model.action}</Go>,
    merge: <Go to="/merge">{strings.merge.action}</Go>,
  };
  return (
    <Panel
      title={strings.title}
      note={done === steps.length ? strings.allDone : `${strings.progress(done, steps.length)} · ${strings.note}`}
      aside={
        <Button variant="default" size="compact-sm" onClick={checklist.dismiss}>
          {homeStrings.dismiss}
        </Button>
      }
      flush
    >
      <ol className={classes['steps']}>
        {steps.map(({ id, state }, at) => (
          <Step
            key={id}
            number={at + 1}
            title={strings[id].title}
            state={state}
            action={state === 'doing' ? <span className={classes['quiet']}>{strings.running}</span> : actions[id]}
          >
            {strings[id].text}
          </Step>
        ))}
      </ol>
    </Panel>
  );
}

function Go({ to, children }: { to: string; children: ReactNode }) {
  return (
    <Button variant="default" onClick={() => navigate(to)}>
      {children}
    </Button>
  );
}

interface StepProps {
  number: number;
  title: string;
  state: StepState;
  action: ReactNode;
  children: ReactNode;
}

/** A step; one that is done keeps its line, with a tick. */
function Step({ number, title, state, action, children }: StepProps) {
  const isDone = state === 'done';
  return (
    <li className={classes['step']} data-done={isDone || undefined}>
      <span className={classes['number']} aria-hidden={!isDone}>
        {isDone ? <IconCheck size={14} aria-label={strings.done} role="img" /> : number}
      </span>
      <div>
        <div className={classes['stepTitle']}>{title}</div>
        {isDone ? null : <div className={classes['stepText']}>{children}</div>}
      </div>
      {isDone ? null : <div className={classes['stepAction']}>{action}</div>}
    </li>
  );
}
