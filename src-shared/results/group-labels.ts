import { groupDifferences } from './config-differences.ts';
import type { RunGroup } from './run-groups.ts';

/** Settings that a label has no room for: it says CoTo itself, and seeds are folded. */
const unsaid = /^(coto|seed|data_seed|order_seed|logging_steps|save_steps|eval_steps|per_device_eval_batch_size)$/;
/** More than this many settings are not said in a label. */
const most = 3;

/**
 * A name for each group: what `nameOf` says of its first run and, where several groups would share it, the settings in
 * which these differ: "LoRA + CoTo · learning_rate 0.01".
 */
export function groupLabels(
  groups: readonly RunGroup[],
  nameOf: (run: RunGroup['first']) => string,
): ReadonlyMap<string, string> {
  const byName = new Map<string, RunGroup[]>();
  for (const group of groups) {
    const name = nameOf(group.first);
    byName.set(name, [...(byName.get(name) ?? []), group]);
  }
  const labels = new Map<string, string>();
  for (const [name, alike] of byName) {
    const rows =
      alike.length === 1
        ? []
        : groupDifferences(alike.map(({ runs }) => runs.map(({ config }) => config))).filter(
            (row) => !unsaid.test(row.name),
          );
    alike.forEach((group, index) => {
      const own = rows.flatMap((row) => {
        const value = row.values[index];
        return value == null ? [] : [`${shortName(row.name)} ${value}`];
      });
      labels.set(group.key, [name, ...own.slice(0, most), ...(own.length > most ? ['…'] : [])].join(' · '));
    });
  }
  return labels;
}

/** "adapter.parameters.r" is "r" in a label. */
function shortName(path: string): string {
  return path.split('.').at(-1) ?? path;
}
