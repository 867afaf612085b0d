/** Key of config.json that names the base that a quantized one was made from. */
export const quantizedFromKey = 'coto_quantized_from';
