import { useRequest } from '../../api/query.ts';
import { Link, pathOf } from '../../app/routes.tsx';
import { RelativeTime } from '../../components/format/relative-time.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { homeStrings } from '../../strings/home.ts';
import { recallBench } from '../merge/bench-memory.ts';
import classes from './home.module.css';
import { lastComparison } from './last-comparison.ts';

const strings = homeStrings.goOn;

/** The last report, comparison and merge bench, to go on where one was. Nothing where there is none of them. */
export function ContinuePanel() {
  const { data: reports } = useRequest('reports.list', {});
  const report = reports?.[0];
  const comparison = lastComparison();
  const benched = recallBench(localStorage).bench.length;
  if (!report && comparison === null && benched === 0) return null;
  return (
    <Panel title={strings.title}>
      <dl className={classes['goOn']}>
        {report ? (
          <>
            <dt>{strings.report}</dt>
            <dd>
              <Link to={pathOf('reports', report.id)} className={classes['jobTitle'] ?? ''}>
                {report.name}
              </Link>
              <span className={classes['quiet']}>
                <RelativeTime at={report.createdAt} />
              </span>
            </dd>
          </>
        ) : null}
        {comparison ? (
          <>
            <dt>{strings.comparison}</dt>
            <dd>
              <Link to={comparison.path}>{strings.comparedRuns(comparison.runs)}</Link>
            </dd>
          </>
        ) : null}
        {benched > 0 ? (
          <>
            <dt>{strings.bench}</dt>
            <dd>
              <Link to="/merge">{strings.adapters(benched)}</Link>
            </dd>
          </>
        ) : null}
      </dl>
    </Panel>
  );
}
