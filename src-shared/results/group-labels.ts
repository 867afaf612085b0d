import { fieldWords } from '../studies/config/field-words.ts';
import { type ConfigRow, groupDifferences } from './config-differences.ts';
import type { RunGroup } from './run-groups.ts';

/** Settings that a label has no room for: it says CoTo itself, and seeds are folded. */
const unsaid =
  /^(coto|seed|data_seed|order_seed|logging_steps|save_steps|save_minutes|eval_steps|per_device_eval_batch_size)$/;
/** Settings by the words of the forms; those of a variant, such as r, by their own names. */
const words = fieldWords([]);
/** More than this many settings are not said in a label. */
const most = 3;

/** A name for a group, and the settings that tell it from others of the same name, those with most values first. */
export interface GroupLabel {
  readonly name: string;
  readonly settings: readonly string[];
}

/**
 * A label for each group by its key: what `nameOf` says of its first run and, where several groups share that, the
 * settings in which these differ: "LoRA + CoTo · learning rate 0.01".
 */
export function groupLabels(
  groups: readonly RunGroup[],
  nameOf: (run: RunGroup['first']) => string,
): ReadonlyMap<string, string> {
  const parts = groupLabelParts(groups, nameOf);
  return new Map([...parts].map(([key, { name, settings }]) => [key, [name, ...settings].join(' · ')]));
}

/** The same in parts. */
export function groupLabelParts(
  groups: readonly RunGroup[],
  nameOf: (run: RunGroup['first']) => string,
): ReadonlyMap<string, GroupLabel> {
  const labels = new Map<string, GroupLabel>();
  const byName = new Map<string, RunGroup[]>();
  for (const group of groups) {
    // Imported runs have too few known settings to label them by settings.
    if (group.first.origin) {
      labels.set(group.key, { name: group.first.name, settings: [] });
      continue;
    }
    const name = nameOf(group.first);
    byName.set(name, [...(byName.get(name) ?? []), group]);
  }
  for (const [name, alike] of byName) {
    const rows = alike.length === 1 ? [] : differences(alike);
    alike.forEach((group, index) => {
      const settings = rows.flatMap((row) => {
        const value = row.values[index];
        return value == null ? [] : [words.setting(row.name, value)];
      });
      labels.set(group.key, { name, settings: settings.slice(0, most) });
    });
  }
  return labels;
}

function differences(groups: readonly RunGroup[]): ConfigRow[] {
  const count = ({ values }: ConfigRow) => new Set(values).size;
  return groupDifferences(groups.map(({ runs }) => runs.map(({ config }) => config)))
    .filter(({ name }) => !unsaid.test(name))
    .sort((left, right) => count(right) - count(left));
}
