/** The role of a linear layer in a transformer layer. */
export type ModuleRole = 'q' | 'k' | 'v' | 'o' | 'attention' | 'mlp';

/** Last names of the linears of a role, as model families and formats call them. */
const names: Readonly<Record<'q' | 'k' | 'v' | 'o' | 'fused' | 'mlp', readonly string[]>> = {
  q: ['q_proj', 'query', 'q_lin', 'query_proj', 'to_q', 'wq', 'q'],
  k: ['k_proj', 'key', 'k_lin', 'key_proj', 'to_k', 'wk', 'k'],
  v: ['v_proj', 'value', 'v_lin', 'value_proj', 'to_v', 'wv', 'v'],
  o: ['o_proj', 'out_proj', 'out_lin', 'to_out', 'wo', 'o'],
  fused: ['c_attn', 'qkv', 'qkv_proj', 'query_key_value', 'to_qkv', 'in_proj'],
  mlp: ['gate_proj', 'up_proj', 'down_proj', 'gate_up_proj', 'fc1', 'fc2', 'lin1', 'lin2', 'c_fc', 'w1', 'w2', 'w3'],
};

/** Whether a module, by its name and aliases, has the role. `dense` and `c_proj` depend on what they are part of. */
export function hasRole(moduleNames: readonly string[], role: ModuleRole): boolean {
  return moduleNames.some((name) => {
    const parts = name.split('.').filter((part) => !/^\d+$/.test(part));
    const last = parts.at(-1) ?? '';
    const isAttention = parts.slice(0, -1).some((part) => /attn|attention/i.test(part));
    if (last === 'dense' || last === 'c_proj')
      return role === (isAttention ? 'o' : 'mlp') || (role === 'attention' && isAttention);
    if (role === 'attention') return (['q', 'k', 'v', 'o', 'fused'] as const).some((one) => names[one].includes(last));
    return names[role].includes(last);
  });
}
