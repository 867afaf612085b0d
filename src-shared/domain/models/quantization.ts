import { z } from 'zod';

/** Quantization types of a base's matrices: bitsandbytes' types by its names, llama.cpp's by its. */
export const quantizationSchema = z.enum(['nf4', 'int8', 'Q8_0', 'Q5_1', 'Q5_0', 'Q4_1', 'Q4_0']);
export type Quantization = z.infer<typeof quantizationSchema>;

export const quantizations: readonly { readonly id: Quantization; readonly label: string; readonly words: string }[] = [
  {
    id: 'nf4',
    label: 'NF4',
    words:
      "QLoRA's type: 4 bits in blocks of 64 with double quantization, as bitsandbytes saves it. Linears of the layers only.",
  },
  {
    id: 'int8',
    label: 'int8',
    words: '8 bits and a scale for each row, as bitsandbytes saves it. Linears of the layers only.',
  },
  { id: 'Q8_0', label: 'Q8_0', words: "llama.cpp's 8 bits in blocks of 32: nearly exact." },
  { id: 'Q5_1', label: 'Q5_1', words: "llama.cpp's 5 bits in blocks of 32, with a lowest value." },
  { id: 'Q5_0', label: 'Q5_0', words: "llama.cpp's 5 bits in blocks of 32." },
  { id: 'Q4_1', label: 'Q4_1', words: "llama.cpp's 4 bits in blocks of 32, with a lowest value." },
  { id: 'Q4_0', label: 'Q4_0', words: "llama.cpp's 4 bits in blocks of 32." },
];

/** Unquantized original of a quantized base. */
export const quantizedFromSchema = z.object({
  name: z.string(),
  fingerprint: z.string().describe('SHA-256 over config.json and the weights of the unquantized base'),
});
export type QuantizedFrom = z.infer<typeof quantizedFromSchema>;

/** Sizes of a base's weights on disk before and after. */
export const quantizationPlanSchema = z.object({
  beforeBytes: z.number().int(),
  choices: z.array(
    z.object({
      type: quantizationSchema,
      afterBytes: z.number().int(),
      quantizedShare: z.number().describe('share of the values that are quantized'),
    }),
  ),
});
export type QuantizationPlan = z.infer<typeof quantizationPlanSchema>;
