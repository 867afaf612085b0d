import { type AdapterRecord, sourcesOf } from '../../../src-shared/domain/adapters/adapter.ts';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import { formatCount } from '../../components/format/format.ts';
import { adaptersStrings } from '../../strings/adapters.ts';

const words = adaptersStrings.lineage;

export interface LineageNode {
  readonly id: string;
  readonly kind: 'run' | 'adapter' | 'more';
  /** "Run", "Merged": what it is, above its name. */
  readonly label: string;
  readonly name: string;
  /** "best checkpoint, step 400" */
  readonly detail: string | null;
  /** Null: it no longer exists, or stands for several. */
  readonly page: 'runs' | 'adapters' | null;
}

export interface LineageEdge {
  readonly from: string;
  readonly to: string;
  readonly label: string | null;
}

/** Ancestors and descendants of an adapter: columns of nodes, each to the right of its sources. */
export interface Lineage {
  readonly columns: readonly (readonly LineageNode[])[];
  readonly edges: readonly LineageEdge[];
}

/** More nodes than this in a column are counted, not drawn. */
const maxInColumn = 6;

/** The lineage of an adapter: all its ancestors and all its descendants, but not their other children. */
export function lineageOf(
  adapter: AdapterRecord,
  adapters: readonly AdapterRecord[],
  runs: readonly Pick<RunRecord, 'id' | 'name' | 'adapterId' | 'config'>[],
): Lineage {
  const adapterById = new Map(adapters.map((one) => [one.id, one]));
  const runById = new Map(runs.map((run) => [run.id, run]));
  const nodes = new Map<string, LineageNode>();
  const edges: LineageEdge[] = [];
  const levels = new Map<string, number>();

  const add = (node: LineageNode, level: number) => {
    nodes.set(node.id, node);
    levels.set(node.id, level);
  };
  const link = (from: string, to: string, label: string | null = null) => {
    if (!edges.some((edge) => edge.from === from && edge.to === to)) edges.push({ from, to, label });
  };

  const addParents = (id: string, level: number) => {
    for (const { id: parent, label } of parentsOf(id)) {
      link(parent, id, label);
      if ((levels.get(parent) ?? level) <= level - 1) continue;
      add(nodeOf(parent), level - 1);
      addParents(parent, level - 1);
    }
  };
  const addChildren = (id: string, level: number) => {
    for (const { id: child, label } of childrenOf(id)) {
      link(id, child, label);
      if ((levels.get(child) ?? level) >= level + 1) continue;
      add(nodeOf(child), level + 1);
      addChildren(child, level + 1);
    }
  };

  /** A run that starts from an adapter names it, or the run that made it. */
  const seedOf = (run: Pick<RunRecord, 'config'>) => {
    const seed = run.config.adapter.init_adapter;
    return seed === null ? null : (runById.get(seed)?.adapterId ?? seed);
  };
  const parentsOf = (id: string): { id: string; label: string | null }[] => {
    const run = runById.get(id);
    if (run) {
      const seed = seedOf(run);
      return seed === null ? [] : [{ id: seed, label: null }];
    }
    const origin = adapterById.get(id)?.origin;
    if (origin === undefined) return [];
    if (origin.kind === 'run') return [{ id: origin.runId, label: null }];
    return sourcesOf(origin).map(({ adapterId, weight }) => ({
      id: adapterId,
      label: typeof weight === 'number' ? words.weight(weight) : null,
    }));
  };
  const childrenOf = (id: string): { id: string; label: string | null }[] => [
    ...adapters.flatMap((other) =>
      parentsOf(other.id).flatMap(({ id: from, label }) => (from === id ? [{ id: other.id, label }] : [])),
    ),
    ...runs.flatMap((run) => (seedOf(run) === id ? [{ id: run.id, label: null }] : [])),
  ];
  const nodeOf = (id: string): LineageNode => {
    const run = runById.get(id);
    if (run) return { id, kind: 'run', label: words.run, name: run.name, detail: null, page: 'runs' };
    const found = adapterById.get(id);
    if (found) return adapterNode(found);
    const isRun = adapters.some(({ origin }) => origin.kind === 'run' && origin.runId === id);
    return {
      id,
      kind: isRun ? 'run' : 'adapter',
      label: isRun ? words.run : words.trained,
      name: isRun ? words.deletedRun : words.deletedAdapter,
      detail: null,
      page: null,
    };
  };

  add(adapterNode(adapter), 0);
  addParents(adapter.id, 0);
  addChildren(adapter.id, 0);
  return inColumns(nodes, levels, edges, adapter.id);
}

function adapterNode({ id, name, origin }: AdapterRecord): LineageNode {
  const node = { id, kind: 'adapter', name, page: 'adapters' } as const;
  switch (origin.kind) {
    case 'run':
      return { ...node, label: words.trained, detail: words.step(formatCount(origin.step), origin.checkpoint) };
    case 'merge':
      return { ...node, label: words.merge, detail: origin.method };
    case 'prune':
      return { ...node, label: words.prune, detail: origin.method };
    case 'import':
      return { ...node, label: words.import, detail: null };
  }
}

function inColumns(
  nodes: ReadonlyMap<string, LineageNode>,
  levels: ReadonlyMap<string, number>,
  edges: readonly LineageEdge[],
  own: string,
): Lineage {
  const first = Math.min(...levels.values());
  const last = Math.max(...levels.values());
  const columns: LineageNode[][] = [];
  const drawn = new Set<string>();
  const counted = new Map<string, string>();
  for (let level = first; level <= last; level++) {
    const all = [...nodes.values()].filter((node) => levels.get(node.id) === level);
    const shown = all.length > maxInColumn ? all.slice(0, maxInColumn - 1) : all;
    const rest = all.slice(shown.length);
    for (const { id } of shown) drawn.add(id);
    const more = `more-${level}`;
    for (const { id } of rest) counted.set(id, more);
    columns.push([
      ...shown,
      ...(rest.length > 0
        ? [{ id: more, kind: 'more', label: '', name: words.more(rest.length), detail: null, page: null } as const]
        : []),
    ]);
  }
  const place = (id: string) => (drawn.has(id) ? id : (counted.get(id) ?? own));
  const kept = new Map<string, LineageEdge>();
  for (const { from, to, label } of edges) {
    const edge = { from: place(from), to: place(to), label: drawn.has(from) && drawn.has(to) ? label : null };
    kept.set(`${edge.from} ${edge.to}`, edge);
  }
  return { columns, edges: [...kept.values()].filter(({ from, to }) => from !== to) };
}
