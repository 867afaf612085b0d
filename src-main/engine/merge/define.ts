import { checkedParameters } from '../checked-parameters.ts';
import { type MergeDefinition, type MergeMethod, refuseIllegal, withoutZeroWeights } from './merge-method.ts';
import { preflightLines } from './preflight.ts';

/** A method that makes an adapter, with the checks and the identity that all such methods share. */
export function defineMergeMethod(definition: MergeDefinition): MergeMethod {
  return {
    declaration: definition.declaration,
    makes: 'adapter',
    preflight: (states, weights, parameters, names) => preflightLines(definition, states, weights, parameters, names),
    merge(states, weights, given) {
      const parameters = checkedParameters(definition.declaration, given);
      refuseIllegal(preflightLines(definition, states, weights, parameters));
      const used = withoutZeroWeights(states, weights);
      const [only] = used.states;
      const alone = used.states.length === 1 && (used.weights[0] === 1 || definition.needs.normalized(parameters));
      // One adapter at full weight is that adapter, to the bit: rounding would make the ends of a λ line differ from it.
      if (only !== undefined && alone) return only;
      return definition.merge(used.states, used.weights, parameters);
    },
  };
}
