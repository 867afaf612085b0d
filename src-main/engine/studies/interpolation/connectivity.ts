import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { PlannedAdapter } from '../../../../src-shared/domain/adapters/adapter-reference.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { checkedParameters } from '../../../../src-shared/domain/parameters/parameter-check.ts';
import type { ScoredTask, Subject } from '../../../../src-shared/domain/studies/plan.ts';
import { factorEquivalent, type LeftOut } from '../../../../src-shared/studies/interpolation/connectivity.ts';
import { mergeMethod } from '../../merge/methods/index.ts';
import { adapterSubject } from '../config/planned-adapters.ts';
import type { StudyAdapters } from '../define-study-work.ts';

/** A pair or a triple of adapters. */
interface JoinedAdapters {
  readonly label: string;
  readonly adapters: readonly PlannedAdapter[];
}

interface AskedMethod {
  readonly id: string;
  readonly parameters: ParameterValues;
  /** Named by the user, so that it must not be left out in silence. */
  readonly isChosen: boolean;
}

/**
 * The methods that some pairs or triples do not allow, such as averages of factors of different ranks.
 * @param weights an example of the weights that will be asked for
 * @param atLeastOne whether a pair or triple without any method is refused
 * @throws StudioError refused if a chosen method is not possible, if none is left, or if adapters are equal
 */
export async function methodsLeftOut(
  facts: StudyAdapters,
  { dataset, score }: { readonly dataset: string; readonly score?: ScoredTask | undefined },
  groups: readonly JoinedAdapters[],
  methods: readonly AskedMethod[],
  weights: readonly number[],
  atLeastOne = true,
): Promise<LeftOut[]> {
  const leftOut: LeftOut[] = [];
  for (const [at, { label, adapters }] of groups.entries()) {
    await refuseEqual(facts, adapters);
    let possible = methods.length;
    for (const { id, parameters, isChosen } of methods) {
      const refusalOf = (method: string, given: ParameterValues) =>
        facts.refusalOf({ method, parameters: given, adapters, weights, dataset, score });
      const refusal = await refusalOf(id, parameters);
      if (refusal === null) continue;
      const standIn = isChosen ? null : factorEquivalent(id);
      if (standIn !== null && (await refusalOf(standIn, methodParameters(standIn, {}))) === null) {
        leftOut.push({ at, method: id, reason: refusal.message, instead: standIn });
        continue;
      }
      possible--;
      if (isChosen || (atLeastOne && possible === 0))
        throw new StudioError(
          'refused',
          `${mergeMethod(id).declaration.label} of ${label}: ${refusal.message}`,
          refusal.hint,
        ).at('methods');
      leftOut.push({ at, method: id, reason: refusal.message, instead: null });
    }
  }
  return leftOut;
}

/** @throws StudioError refused if two of the adapters are the same one */
async function refuseEqual(facts: StudyAdapters, adapters: readonly PlannedAdapter[]): Promise<void> {
  const met = new Map<string, PlannedAdapter>();
  for (const adapter of adapters) {
    const content = await facts.contentOf(adapter);
    const other = met.get(content);
    if (other)
      throw new StudioError(
        'refused',
        `"${facts.nameOf(other)}" and "${facts.nameOf(adapter)}" are the same adapter: there is nothing between them.`,
        'Choose adapters of different seeds.',
      ).at('adapters');
    met.set(content, adapter);
  }
}

/** Parameters with defaults filled in and no search: the weights are what a study of connectivity varies. */
export function methodParameters(id: string, given: ParameterValues): ParameterValues {
  const checked = checkedParameters(mergeMethod(id).declaration, given);
  return 'search' in checked ? { ...checked, search: 'none' } : checked;
}

/** The merge of the adapters whose weights are not zero. */
export function weightedSubject(
  method: string,
  parameters: ParameterValues,
  adapters: readonly PlannedAdapter[],
  weights: readonly number[],
): Subject {
  const inputs = adapters.flatMap((adapter, at) => {
    const weight = weights[at] ?? 0;
    return weight === 0 ? [] : [{ subject: adapterSubject(adapter), weight }];
  });
  return { kind: 'merge', method, parameters, inputs };
}

/** Methods that merge outputs come first: those of the single adapters have just been computed. */
export function outputsFirst<T extends { readonly id: string }>(methods: readonly T[]): T[] {
  const rank = ({ id }: T) => (mergeMethod(id).makes === 'outputs' ? 0 : 1);
  return [...methods].sort((one, other) => rank(one) - rank(other));
}
