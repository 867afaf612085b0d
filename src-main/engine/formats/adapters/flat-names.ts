/** kohya's prefixes of the parts of a pipeline, and what diffusers calls them. Longer ones first. */
const components: readonly (readonly [string, string])[] = [
  ['lora_unet_', 'unet.'],
  ['lora_te1_', 'text_encoder.'],
  ['lora_te2_', 'text_encoder_2.'],
  ['lora_te3_', 'text_encoder_3.'],
  ['lora_te_', 'text_encoder.'],
  // LyCORIS's wrapper of any model.
  ['lycoris_', ''],
  ['lora_', ''],
];

/** Parts of modules' names that hold an underscore, as diffusers, Stability's and Black Forest Labs' models, CLIP, T5 and language models have them. */
const compoundParts = new Set(
  `down_blocks up_blocks mid_block transformer_blocks single_transformer_blocks to_q to_k to_v to_out to_add_out to_qkv
  proj_in proj_out proj_mlp conv_in conv_out conv_shortcut time_emb_proj time_embedding add_embedding linear_1 linear_2
  input_blocks middle_block output_blocks in_layers out_layers emb_layers skip_connection time_embed label_emb
  text_model self_attn cross_attn q_proj k_proj v_proj o_proj out_proj token_embedding position_embedding text_projection
  double_blocks single_blocks joint_blocks x_block context_block img_attn txt_attn img_mlp txt_mlp img_mod txt_mod img_in txt_in
  time_in vector_in guidance_in in_layer out_layer final_layer adaLN_modulation norm1_context norm_out ff_context add_q_proj
  add_k_proj add_v_proj context_embedder x_embedder time_text_embed wi_0 wi_1 final_layer_norm c_fc c_proj c_attn in_proj
  gate_proj up_proj down_proj lm_head embed_tokens qkv_proj gate_up_proj query_proj key_proj value_proj q_lin k_lin v_lin
  out_lin lin1 lin2 embed_in embed_out patch_embed pos_embed cross_attention self_attention feed_forward
  query_key_value dense_h_to_4h dense_4h_to_h word_embeddings position_embeddings`
    .split(/\s+/)
    .filter((part) => part.includes('_')),
);
const simpleParts = new Set(
  `unet attentions resnets attn attn1 attn2 ff ffn net proj conv conv1 conv2 conv3 downsamplers upsamplers op out norm norm1 norm2
  norm3 linear linear1 linear2 lin qkv modulation encoder decoder layers layer block blocks mlp fc1 fc2 embeddings embedding model
  transformer resblocks h q k v o wi wo wq wk wv w1 w2 w3 gate up down attention self query key value dense output intermediate
  bert roberta deberta distilbert vit clip wte wpe score classifier pooler projection visual vision text SelfAttention
  EncDecAttention DenseReluDense lora rel experts`
    .split(/\s+/)
    .filter((part) => part !== ''),
);
const longestPart = Math.max(...[...compoundParts].map((part) => part.split('_').length));

/**
 * kohya's name of a module: points become underscores, and parts of a pipeline have prefixes of their own.
 * @param single whether the pipeline has one text encoder (lora_te_) rather than several (lora_te1_, lora_te2_).
 */
export function flatName(name: string, single: boolean): string {
  const found = components.find(([, own]) => own !== '' && name.startsWith(own));
  const [prefix, own] = found ?? ['lora_', ''];
  const used = prefix === 'lora_te1_' && single ? 'lora_te_' : prefix;
  return used + name.slice(own.length).replaceAll('.', '_');
}

/**
 * The name with points that a flat one stands for. Flat names are ambiguous: `exact` knows the names that a base or the file's
 * metadata give, by their flat forms; else known compound parts are kept together. A name that is left unclear stays flat.
 */
export function pointedName(flat: string, exact: ReadonlyMap<string, string>): string {
  const known = exact.get(flat);
  if (known !== undefined) return known;
  const found = components.find(([prefix]) => flat.startsWith(prefix));
  if (found === undefined) return flat;
  const [prefix, own] = found;
  const parts = splitParts(flat.slice(prefix.length));
  return parts === null ? flat : own + parts;
}

/** LyCORIS's name of a module of any model. */
export function lycorisName(name: string): string {
  return `lycoris_${name.replaceAll('.', '_')}`;
}

/** Splits at underscores, but for those inside known parts; null where a part is not known. */
function splitParts(flat: string): string | null {
  const words = flat.split('_');
  const parts: string[] = [];
  let at = 0;
  while (at < words.length) {
    let length = Math.min(longestPart, words.length - at);
    while (length > 1 && !compoundParts.has(words.slice(at, at + length).join('_'))) length--;
    const part = words.slice(at, at + length).join('_');
    if (length === 1 && !simpleParts.has(part) && !/^\d+$/.test(part)) return null;
    parts.push(part);
    at += length;
  }
  return parts.join('.');
}
