import type { LinearModule } from '../../../src-shared/domain/models/model.ts';

/** Modules of one last name and shape: what a person picks from for `target_modules`. */
export interface ModuleGroup {
  suffix: string;
  inFeatures: number;
  outFeatures: number;
  count: number;
  /** "0–11", "0, 2, 4", or empty outside the layers. */
  layers: string;
  isHead: boolean;
  /** True for experts of a mixture, which `target_parameters` names. */
  isExpert: boolean;
  /** Weights of one module, its bias left out: what a LoRA of rank r is small beside. */
  parameters: number;
  example: string;
}

/** The linears of a model by last name and shape, in the order in which they first come. */
export function groupModules(linears: readonly LinearModule[]): ModuleGroup[] {
  const groups = new Map<string, LinearModule[]>();
  for (const linear of linears) {
    const key = `${lastName(linear.name)} ${linear.inFeatures} ${linear.outFeatures} ${linear.expert !== undefined}`;
    const members = groups.get(key);
    if (members) members.push(linear);
    else groups.set(key, [linear]);
  }
  return [...groups.values()].flatMap((members) => {
    const [first] = members;
    if (!first) return [];
    return {
      suffix: lastName(first.name),
      inFeatures: first.inFeatures,
      outFeatures: first.outFeatures,
      count: members.length,
      layers: formatRanges(members.flatMap((member) => (member.layer === null ? [] : [member.layer]))),
      isHead: first.isHead,
      isExpert: first.expert !== undefined,
      parameters: first.inFeatures * first.outFeatures,
      example: first.name,
    };
  });
}

function lastName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** Whole numbers as ranges: [0, 1, 2, 5] is "0–2, 5". */
export function formatRanges(numbers: readonly number[]): string {
  const sorted = [...new Set(numbers)].sort((left, right) => left - right);
  const parts: string[] = [];
  for (let index = 0; index < sorted.length; index++) {
    const start = sorted[index] ?? 0;
    let end = start;
    while (sorted[index + 1] === end + 1) {
      end++;
      index++;
    }
    parts.push(start === end ? String(start) : `${start}–${end}`);
  }
  return parts.join(', ');
}
