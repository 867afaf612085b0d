import { Button } from '@mantine/core';
import { Link, navigate } from '../../app/routes.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { DemoButton } from './demo-button.tsx';
import classes from './home.module.css';

/** What someone new does first: three numbered steps, all of them possible with what is bundled. */
export function FirstSteps() {
  return (
    <Panel title="First steps" note="works offline with the bundled model and data" flush>
      <ol className={classes['steps']}>
        <li className={classes['step']}>
          <span className={classes['number']} aria-hidden>
            1
          </span>
          <div>
            <div className={classes['stepTitle']}>Run the demo study</div>
            <div className={classes['stepText']}>
              Two seeds of LoRA and of LoRA with CoTo are trained on few images a class; then the adapters are merged,
              followed along the line between seeds, and pruned. A report says how they compare. Quick takes up to a
              minute on two cores, full three to twenty, by what the machine computes on.
            </div>
          </div>
          <div className={classes['stepAction']}>
            <DemoButton filled />
          </div>
        </li>
        <li className={classes['step']}>
          <span className={classes['number']} aria-hidden>
            2
          </span>
          <div>
            <div className={classes['stepTitle']}>Watch it train</div>
            <div className={classes['stepText']}>
              <Link to="/runs">Runs</Link> shows loss, evaluation and which layers' adapters are active at each step,
              while it happens. A click on the job at the bottom of the window opens its run.
            </div>
          </div>
          <div className={classes['stepAction']}>
            <Button variant="default" onClick={() => navigate('/runs')}>
              Open runs
            </Button>
          </div>
        </li>
        <li className={classes['step']}>
          <span className={classes['number']} aria-hidden>
            3
          </span>
          <div>
            <div className={classes['stepTitle']}>Train on your own data</div>
            <div className={classes['stepText']}>
              Drop a folder with one folder of images a class on <Link to="/data">Data</Link>, a Hugging Face model
              folder on <Link to="/models">Models</Link>, then set up a run.
            </div>
          </div>
          <div className={classes['stepAction']}>
            <Button variant="default" onClick={() => navigate('/train')}>
              Set up a run
            </Button>
          </div>
        </li>
      </ol>
    </Panel>
  );
}
