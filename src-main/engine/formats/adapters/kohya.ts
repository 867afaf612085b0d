import type { AdapterFormat } from './format.ts';
import { readKohya } from './read-kohya.ts';
import { writeKohya } from './write-kohya.ts';

/** Ends of keys that these programs alone write. */
const known =
  /\.(lora_down\.weight|hada_w1_a|lokr_w\d\w*|dora_scale|diff|oft_blocks|on_input|lambda_layer|w_norm|a1\.weight|processor\.(qkv|proj)_lora\d?\.down\.weight)$/;

/**
 * Files of kohya's sd-scripts, LyCORIS and ComfyUI: for each module `<flat name>.lora_down.weight` [rank, in],
 * `.lora_up.weight` [out, rank] and `.alpha`, with DoRA's `.dora_scale`; or LoHa's `.hada_*`, LoKr's `.lokr_*`. Scale: alpha / rank,
 * 1 without alpha. LyCORIS's other kinds, and files that mix kinds, become plain LoRA. XLabs' Flux LoRAs are read too.
 * Sources: kohya-ss/sd-scripts networks/lora.py, KohakuBlueleaf/LyCORIS, comfy/lora.py.
 */
export const kohya: AdapterFormat = {
  id: 'kohya',
  label: 'kohya / ComfyUI file',
  summary: 'One safetensors file with lora_down, lora_up and alpha, for ComfyUI, Automatic1111, Forge and sd-scripts.',
  makes: 'file',
  extension: 'safetensors',
  kinds: ['lora', 'rslora', 'dora', 'dora-rslora', 'loha', 'lokr'],
  recognize: ({ keys }) =>
    keys.some((name) => known.test(name)) ||
    keys.some((name) => /^(lora_(unet|te\d?)_|lycoris_|diffusion_model\.)/.test(name)),
  read: readKohya,
  write: writeKohya,
};
