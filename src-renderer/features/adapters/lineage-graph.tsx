import { Text } from '@mantine/core';
import { useMemo } from 'react';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import { useRequest } from '../../api/query.ts';
import { Link, pathOf } from '../../app/routes.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { MiddleText } from '../../components/table/middle-text.tsx';
import { adaptersStrings } from '../../strings/adapters.ts';
import classes from './adapters.module.css';
import { type LineageNode, lineageOf } from './lineage.ts';

const words = adaptersStrings.lineage;

/** Pixels of a node and of the gaps between them. */
const node = { width: 216, height: 56, across: 64, down: 12 };

/** From which run, checkpoint, merge or pruning an adapter comes, and what was made from it; each a link to its page. */
export function LineagePanel({ adapter }: { adapter: AdapterRecord }) {
  const adapters = useRequest('adapters.list', {}).data;
  const current = useRequest('runs.list', { archived: false }).data;
  const archived = useRequest('runs.list', { archived: true }).data;
  const lineage = useMemo(
    () => lineageOf(adapter, adapters ?? [adapter], [...(current ?? []), ...(archived ?? [])]),
    [adapter, adapters, current, archived],
  );
  const { columns, edges } = lineage;
  const rows = Math.max(...columns.map((column) => column.length));
  const height = rows * (node.height + node.down) - node.down;
  const width = columns.length * (node.width + node.across) - node.across;
  const places = new Map<string, { x: number; y: number }>();
  columns.forEach((column, level) => {
    const own = column.length * (node.height + node.down) - node.down;
    column.forEach(({ id }, row) => {
      const y = (height - own) / 2 + row * (node.height + node.down);
      places.set(id, { x: level * (node.width + node.across), y });
    });
  });
  return (
    <Panel title={words.title} note={words.note}>
      <div className={classes['scroll']}>
        <div className={classes['graph']} style={{ width, height }}>
          <svg width={width} height={height} aria-hidden className={classes['edges'] ?? ''}>
            {edges.map(({ from, to, label }) => {
              const [start, end] = [places.get(from), places.get(to)];
              if (!start || !end) return null;
              const [x1, y1] = [start.x + node.width, start.y + node.height / 2];
              const [x2, y2] = [end.x, end.y + node.height / 2];
              const bend = node.across / 2;
              return (
                <g key={`${from} ${to}`}>
                  <path d={`M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`} />
                  {label === null ? null : (
                    <text x={x1 + 6} y={y1 + (y2 >= y1 ? -5 : 13)}>
                      {label}
                    </text>
                  )}
                </g>
              );
            })}
          </svg>
          {columns.map((column, level) => (
            <ol key={level} className={classes['column']}>
              {column.map((one) => {
                const place = places.get(one.id);
                return (
                  <li key={one.id} style={{ left: place?.x, top: place?.y, width: node.width, height: node.height }}>
                    <Node node={one} isOwn={one.id === adapter.id} />
                  </li>
                );
              })}
            </ol>
          ))}
        </div>
      </div>
      {columns.length === 1 ? (
        <Text size="sm" c="dimmed" mt={8}>
          {words.alone}
        </Text>
      ) : null}
    </Panel>
  );
}

function Node({ node: one, isOwn }: { node: LineageNode; isOwn: boolean }) {
  const body = (
    <>
      <span className={classes['nodeLabel']}>
        {one.label}
        {one.detail === null ? '' : ` · ${one.detail}`}
      </span>
      <span className={classes['nodeName']}>
        <MiddleText text={one.name} />
      </span>
    </>
  );
  if (isOwn)
    return (
      <div className={classes['node']} data-own aria-current="true">
        {body}
      </div>
    );
  if (one.page === null)
    return (
      <div className={classes['node']} data-gone>
        {body}
      </div>
    );
  return (
    <Link to={pathOf(one.page, one.id)} className={classes['node'] ?? ''}>
      {body}
    </Link>
  );
}
