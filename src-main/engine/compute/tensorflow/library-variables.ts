/** Allows TF32 in products on an NVIDIA card: `1`. Its 10 bits of mantissa are fewer than float32's 23, and faster. */
const tf32Variable = 'COTO_TF32';

export function allowsTf32(): boolean {
  return process.env[tf32Variable] === '1';
}

/**
 * Variables that libtensorflow and CUDA's libraries read when they are loaded: by themselves they log a lot, take all memory of
 * the card at once, and multiply float32 in TF32 without a word.
 */
export function libraryVariables(): Readonly<Record<string, string>> {
  return {
    TF_CPP_MIN_LOG_LEVEL: '2',
    TF_FORCE_GPU_ALLOW_GROWTH: 'true',
    ...(allowsTf32() ? {} : { NVIDIA_TF32_OVERRIDE: '0' }),
  };
}
