import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { PruneDeclaration } from '../../../src-shared/domain/adapters/prune.ts';
import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { checkedParameters } from '../../../src-shared/domain/parameters/parameter-check.ts';
import { endsWithEntry, findLinear } from '../adapters/targets/target-modules.ts';
import { keepModules, type Outlined, type PruneMethod } from './prune-method.ts';

/** The role of a linear layer in a transformer layer. */
export type ModuleRole = 'q' | 'k' | 'v' | 'o' | 'attention' | 'mlp';

/** Last names of the linears of a role, as model families and formats call them. */
const names: Readonly<Record<'q' | 'k' | 'v' | 'o' | 'fused' | 'mlp', readonly string[]>> = {
  q: ['q_proj', 'query', 'q_lin', 'query_proj', 'to_q', 'wq', 'q'],
  k: ['k_proj', 'key', 'k_lin', 'key_proj', 'to_k', 'wk', 'k'],
  v: ['v_proj', 'value', 'v_lin', 'value_proj', 'to_v', 'wv', 'v'],
  o: ['o_proj', 'out_proj', 'out_lin', 'to_out', 'o'],
  fused: ['c_attn', 'qkv', 'qkv_proj', 'query_key_value', 'to_qkv', 'in_proj', 'wqkv'],
  mlp: [
    ...['gate_proj', 'up_proj', 'down_proj', 'gate_up_proj', 'fc1', 'fc2', 'lin1', 'lin2', 'c_fc', 'w1', 'w2', 'w3'],
    ...['dense_h_to_4h', 'dense_4h_to_h', 'wi', 'wi_0', 'wi_1'],
  ],
};

const roles: readonly { readonly value: ModuleRole; readonly label: string }[] = [
  { value: 'q', label: 'Queries (q)' },
  { value: 'k', label: 'Keys (k)' },
  { value: 'v', label: 'Values (v)' },
  { value: 'o', label: 'Attention output (o)' },
  { value: 'attention', label: 'All of attention' },
  { value: 'mlp', label: 'MLP' },
];

const declaration: PruneDeclaration = {
  id: 'module-type',
  label: 'Module type',
  summary: 'Keeps the adapters of one type of module: only the queries, keys or values, all of attention, or the MLP.',
  paper: { title: 'Come Together, But Not Right Now (CoTo)', url: 'https://arxiv.org/abs/2506.05713' },
  parameters: [
    {
      name: 'type',
      label: 'Type',
      type: 'choice',
      default: 'q',
      choices: [...roles],
      help: 'Type of the modules that keep their adapters. Ignored if target_modules names them.',
    },
    {
      name: 'target_modules',
      label: 'Target modules',
      type: 'text-list',
      default: [],
      empty: 'by type',
      help: 'Modules that keep their adapters, by their names or the ends of them, e.g. q_proj.',
      advanced: true,
    },
  ],
  patterns: (['q', 'k', 'v'] as const).map((type) => ({ label: `Only ${type}`, parameters: { type }, usual: false })),
  grid: null,
};

/** Keeps the adapters of one type of module in every layer. */
export const moduleType: PruneMethod = {
  declaration,
  prune: (state, description, given) => keepModules(state, select(state, description, given)),
  check(adapter, description, given) {
    select(adapter, description, given);
  },
};

/** @throws StudioError refused if no adapted module is of the type */
function select(adapter: Outlined, description: ModelDescription, given: ParameterValues): ReadonlySet<string> {
  const { type, target_modules: targets } = checkedParameters(declaration, given);
  const named = Array.isArray(targets) ? targets.map(String) : [];
  const role = roles.find(({ value }) => value === type);
  const kept = [...adapter.modules.keys()].filter((name) => {
    const all = [name, ...(findLinear(description, name)?.aliases ?? [])];
    if (named.length > 0) return all.some((one) => named.some((entry) => endsWithEntry(one, entry)));
    return role !== undefined && hasRole(all, role.value);
  });
  if (kept.length > 0) return new Set(kept);
  const ends = [...new Set([...adapter.modules.keys()].map((name) => name.split('.').at(-1)))];
  throw new StudioError(
    'refused',
    `Nothing would be left: no adapted module is ${named.length > 0 ? `named ${named.join(' or ')}` : `of the type ${role?.label ?? type}`}.`,
    `The adapter has ${ends.join(', ')}.`,
  ).at(named.length > 0 ? 'target_modules' : 'type');
}

/** Names of linears of attention and of the MLP alike, which their parent module tells apart. */
const ambiguous = ['dense', 'c_proj', 'wo'];

/** Returns true if a module, by its name and aliases, has the role. */
export function hasRole(moduleNames: readonly string[], role: ModuleRole): boolean {
  return moduleNames.some((name) => {
    const parts = name.split('.').filter((part) => !/^\d+$/.test(part));
    const last = parts.at(-1)?.toLowerCase() ?? '';
    const isAttention = parts.slice(0, -1).some((part) => /attn|attention/i.test(part));
    if (ambiguous.includes(last)) return role === (isAttention ? 'o' : 'mlp') || (role === 'attention' && isAttention);
    if (role === 'attention') return (['q', 'k', 'v', 'o', 'fused'] as const).some((one) => names[one].includes(last));
    return names[role].includes(last);
  });
}
