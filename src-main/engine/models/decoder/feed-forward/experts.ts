import { z } from 'zod';
import type { Gate } from '../../../ops/activation/gated-pair.ts';
import type { RoutingRule } from '../../../ops/experts/routing.ts';
import { positiveInteger, unsupportedValue } from '../../config-file.ts';
import type { ModelConfigFile } from '../../family.ts';
import type { AdapterMemory } from '../../memory.ts';
import { keptInput, type LinearLayout, type PartContents, type PartMemory, type PartSizes } from '../part.ts';

/** A mixture of experts (Shazeer et al. 2017): a router sends each token through some of the gated experts. */
export interface ExpertsLayout extends RoutingRule {
  readonly kind: 'experts';
  readonly gate: Gate;
  /** True if the outputs of the first linear alternate between the gate's and those of `up`; else they are halves. */
  readonly isInterleaved: boolean;
  /** Names of the router's tensors: weight [experts, hidden], bias [experts] or null. */
  readonly router: { readonly weight: string; readonly bias: string | null };
  readonly experts: readonly ExpertLayout[];
}

/** Linears of one expert. */
interface ExpertLayout {
  /** Outputs: those of the gate and those of `up`. */
  readonly gateUp: LinearLayout;
  readonly down: LinearLayout;
}

interface ExpertsOptions extends RoutingRule {
  readonly experts: number;
  readonly gate: Gate;
  /** Name of the router within the module. Default: gate. */
  readonly routerName?: string;
  readonly isInterleaved?: boolean;
  /** True if the router and the experts' linears have biases. */
  readonly hasBias?: boolean;
}

/** The mixture in the module `name`, with the names of transformers 5. */
export function expertsLayout(
  name: string,
  { hidden, inner }: { readonly hidden: number; readonly inner: number },
  { experts: count, gate, chosen, isNormalized, routerName = 'gate', ...flags }: ExpertsOptions,
): ExpertsLayout {
  const { isInterleaved = false, hasBias = false } = flags;
  const router = `${name}.${routerName}`;
  const linear = (own: string, index: number, inFeatures: number, outFeatures: number): LinearLayout => ({
    name: `${name}.experts.${index}.${own}`,
    ...{ inFeatures, outFeatures, hasBias },
    expert: { parameter: `${name}.experts.${own}`, index, count },
    share: chosen / count,
  });
  return {
    kind: 'experts',
    ...{ gate, chosen, isNormalized, isInterleaved },
    router: { weight: `${router}.weight`, bias: hasBias ? `${router}.bias` : null },
    experts: Array.from({ length: count }, (_, index) => ({
      gateUp: linear('gate_up_proj', index, hidden, 2 * inner),
      down: linear('down_proj', index, inner, hidden),
    })),
  };
}

export function expertsContents({ router, experts }: ExpertsLayout): PartContents {
  const hidden = experts[0]?.gateUp.inFeatures ?? 0;
  return {
    linears: experts.flatMap(({ gateUp, down }) => [gateUp, down]),
    norms: [],
    tensors: [
      { name: router.weight, shape: [experts.length, hidden] },
      ...(router.bias === null ? [] : [{ name: router.bias, shape: [experts.length] }]),
    ],
  };
}

/**
 * Each token has `chosen` rows. The gate keeps both of its operands, the weighted sum the experts' outputs; the weights of all
 * experts, their softmax and the choice are kept as well.
 */
export function expertsMemory(
  { experts, chosen }: ExpertsLayout,
  sizes: PartSizes,
  adapters: AdapterMemory,
): PartMemory {
  const tokens = sizes.batch * sizes.tokens;
  const rows = tokens * chosen;
  const inner = rows * (experts[0]?.down.inFeatures ?? 0);
  const state = rows * sizes.hidden;
  const choice = tokens * experts.length;
  const gateUps = experts.map(({ gateUp }) => gateUp);
  const downs = experts.map(({ down }) => down);
  return {
    // The linears read copies of the rows.
    input: [],
    kept: [
      ...[inner, inner, state, choice, choice, choice],
      ...keptInput(rows, gateUps, adapters),
      ...keptInput(rows, downs, adapters),
    ],
    // Backward: gradients of the outputs, of the gated value, of both operands, apart and joined.
    working: [state, inner, inner, inner, inner, inner, state],
  };
}

/** Keys of config.json about the router that all mixtures have. */
export const routerKeys = {
  num_experts_per_tok: positiveInteger,
  output_router_logits: z.boolean().default(false),
};

/**
 * @param key names the number of experts in config.json
 * @throws StudioError refused for more experts of a token than there are, and for a loss with a term of the router
 */
export function checkRouter(
  file: ModelConfigFile,
  config: z.infer<z.ZodObject<typeof routerKeys>>,
  experts: number,
  key = 'num_local_experts',
): void {
  const { num_experts_per_tok: chosen, output_router_logits: hasRouterLoss } = config;
  if (chosen > experts)
    throw unsupportedValue(file, 'num_experts_per_tok', chosen, `a number up to ${key} (${experts})`);
  if (hasRouterLoss) throw unsupportedValue(file, 'output_router_logits', true, 'false (no loss of the router)');
}
