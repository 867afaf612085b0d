import { Button } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Link, navigate } from '../../app/routes.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { DemoButton } from './demo-button.tsx';
import classes from './home.module.css';
import type { FirstStepsState, StepState } from './use-first-steps.ts';

/** What someone new does first: three numbered steps, all of them possible with what is bundled. */
export function FirstSteps({ steps }: { steps: FirstStepsState }) {
  return (
    <Panel
      title="First steps"
      note="works offline with the bundled model and data"
      aside={
        <Button variant="default" size="compact-sm" onClick={steps.dismiss}>
          Dismiss
        </Button>
      }
      flush
    >
      <ol className={classes['steps']}>
        <Step
          number={1}
          title="Run the demo study"
          state={steps.demo}
          action={steps.demo === 'doing' ? <span className={classes['quiet']}>Running…</span> : <DemoButton filled />}
        >
          Two seeds of LoRA and of LoRA with CoTo are trained on few images a class; then the adapters are merged,
          followed along the line between seeds, and pruned. A report says how they compare. Quick takes up to a minute
          on two cores, full three to twenty, by what the machine computes on.
        </Step>
        <Step
          number={2}
          title="Watch it train"
          state={steps.watch}
          action={<PageButton to="/runs">Open runs</PageButton>}
        >
          <Link to="/runs">Runs</Link> shows loss, evaluation and which layers' adapters are active at each step, while
          it happens. A click on the job at the bottom of the window opens its run.
        </Step>
        <Step
          number={3}
          title="Train on your own data"
          state={steps.own}
          action={<PageButton to="/train">Set up a run</PageButton>}
        >
          Drop a text file (CSV, JSONL, Parquet …) or a folder with one folder of images a class on{' '}
          <Link to="/data">Data</Link>, a Hugging Face model folder on <Link to="/models">Models</Link>, then set up a
          run.
        </Step>
      </ol>
    </Panel>
  );
}

function PageButton({ to, children }: { to: string; children: ReactNode }) {
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
        {isDone ? <IconCheck size={14} aria-label="Done:" role="img" /> : number}
      </span>
      <div>
        <div className={classes['stepTitle']}>{title}</div>
        {isDone ? null : <div className={classes['stepText']}>{children}</div>}
      </div>
      {isDone ? null : <div className={classes['stepAction']}>{action}</div>}
    </li>
  );
}
