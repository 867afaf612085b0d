// Made by npm run make:kernels from manifest/: do not edit.

declare const handleBrand: unique symbol;

/** The number of a tensor in the addon's memory. */
export type Handle = number & { readonly [handleBrand]: true };

/** A handle, or 0: no tensor. */
export type OptionalHandle = Handle | 0;

export type Unary = keyof typeof unaryCodes;

const unaryCodes = {
  negate: 0,
  absolute: 1,
  exponential: 2,
  exponential_minus_one: 3,
  logarithm: 4,
  logarithm_of_one_plus: 5,
  square_root: 6,
  reciprocal_square_root: 7,
  reciprocal: 8,
  square: 9,
  sign: 10,
  sigmoid: 11,
  hyperbolic_tangent: 12,
  error_function: 13,
  relu: 14,
  relu6: 15,
  leaky_relu: 16,
  elu: 17,
  softplus: 18,
  silu: 19,
  clip: 20,
  step: 21,
  floor: 22,
  ceiling: 23,
  round: 24,
  sine: 25,
  cosine: 26,
} as const;

export type Binary = keyof typeof binaryCodes;

const binaryCodes = {
  add: 0,
  subtract: 1,
  multiply: 2,
  divide: 3,
  maximum: 4,
  minimum: 5,
  power: 6,
  squared_difference: 7,
  floor_divide: 8,
  modulo: 9,
} as const;

export type Comparison = keyof typeof comparisonCodes;

const comparisonCodes = {
  equal: 0,
  not_equal: 1,
  less: 2,
  less_equal: 3,
  greater: 4,
  greater_equal: 5,
} as const;

export type Logical = keyof typeof logicalCodes;

const logicalCodes = {
  conjunction: 0,
  disjunction: 1,
  exclusive: 2,
} as const;

export type Reduction = keyof typeof reductionCodes;

const reductionCodes = {
  sum: 0,
  mean: 1,
  maximum: 2,
  minimum: 3,
  product: 4,
} as const;

export type Test = keyof typeof testCodes;

const testCodes = {
  is_nan: 0,
  is_infinite: 1,
  is_finite: 2,
} as const;

/** The type of a value that fills a tensor. */
export type ValueType = keyof typeof valueTypeCodes;

const valueTypeCodes = {
  float32: 0,
  int32: 1,
  boolean: 2,
} as const;

/** Encoding of the values of a stored matrix, one file each in cpp/kernels/encodings. Rows begin at a block. */
export type Encoding = keyof typeof encodingCodes;

const encodingCodes = {
  bfloat16: 0,
  float16: 1,
  q4_0: 2,
  q4_1: 3,
  q5_0: 4,
  q5_1: 5,
  q8_0: 6,
  q2_k: 7,
  q3_k: 8,
  q4_k: 9,
  q5_k: 10,
  q6_k: 11,
  nf4: 12,
  int8: 13,
} as const;

/**
 * Layout of attention's rows: q and y [batch · queries, heads · head_size], k and v [batch · tokens, key_value_heads ·
 * head_size]. Query i is at position tokens − queries + i. causal: it sees the tokens up to its position; window > 0:
 * only tokens at a distance below `window`. Head h reads key/value head h / (heads / key_value_heads).
 */
export interface AttentionShape {
  readonly batch: number;
  readonly queries: number;
  readonly tokens: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
  readonly window: number;
  readonly causal: boolean;
  readonly scale: number;
  /** Above 0: the scores s become softcap · tanh(s / softcap) before the masks. */
  readonly softcap?: number | undefined;
  /** Products may be of numbers rounded to bfloat16, with sums in float32: they are where that is faster. */
  readonly bfloat16?: boolean | undefined;
}

/**
 * c [m, n] = (scale · op(a) · op(b) + scale2 · a2 · op(b2) + bias + addend) ∘ multiplier, all float32 and row-major;
 * what is null is left out. With row_scale (one number for each row of a transposed b) the sum of the products is
 * multiplied by it before bias and addend are added; c stays the sum of the products alone where the result goes to
 * scaled [m, n], which may be addend, block by block while c is in the cache. b has packs then, and multiplier is null.
 */
export interface Gemm {
  readonly a: Handle;
  readonly b: Handle;
  readonly c: Handle;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** a is stored [k, m]. */
  readonly transposeA?: boolean | undefined;
  /** b is stored [n, k]. */
  readonly transposeB?: boolean | undefined;
  /** [k]: multiplies the columns of a, which is not transposed then. */
  readonly columnScale?: OptionalHandle | undefined;
  readonly scale?: number | undefined;
  /** [n] */
  readonly bias?: OptionalHandle | undefined;
  /** [m, n] */
  readonly addend?: OptionalHandle | undefined;
  /** [m, n] */
  readonly multiplier?: OptionalHandle | undefined;
  /** Inner size of the second product; 0: there is none. */
  readonly k2?: number | undefined;
  readonly a2?: OptionalHandle | undefined;
  readonly b2?: OptionalHandle | undefined;
  readonly transposeB2?: boolean | undefined;
  readonly scale2?: number | undefined;
  /** [n] */
  readonly rowScale?: OptionalHandle | undefined;
  readonly scaled?: OptionalHandle | undefined;
  /** b's own tensor where b never changes: its packed forms are kept with it. */
  readonly packs?: OptionalHandle | undefined;
  /** a·b (not the second product) may run in bfloat16, with sums in float32. */
  readonly bfloat16?: boolean | undefined;
}

/**
 * `count` products c [m, n] = op(a) · op(b), one after another in c; the factors of the next one lie a stride of
 * numbers further (0: all products share it).
 */
export interface BatchedGemm {
  readonly a: Handle;
  readonly b: Handle;
  readonly c: Handle;
  readonly count: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA?: boolean | undefined;
  readonly transposeB?: boolean | undefined;
  readonly strideA: number;
  readonly strideB: number;
}

/**
 * LoRA's gradients but that of x, for dy [rows, outputs], x [rows, inputs], z = x·aᵀ [rows, rank] and b [outputs,
 * rank]: dz [rows, rank] = scale · dh·b, da [rank, inputs] = dzᵀ·x, db = scale · dhᵀ·z, where dh is dy. With row_scale,
 * DoRA's: dh = dy ∘ row_scale, and magnitude [outputs] = inverse ∘ the sums over the rows of dy ∘ h. h is x·(weight +
 * scale · b·a)ᵀ, or with from_output product is the output y = h ∘ row_scale + bias of which it is made again.
 */
export interface LoraGradient {
  readonly dy: Handle;
  readonly x: Handle;
  readonly z: Handle;
  readonly b: Handle;
  readonly dz: Handle;
  readonly da: Handle;
  readonly db: Handle;
  readonly rows: number;
  readonly outputs: number;
  readonly inputs: number;
  readonly rank: number;
  readonly scale?: number | undefined;
  /** LoRA's products, not DoRA's, may be of numbers rounded to bfloat16, with sums in float32. */
  readonly bfloat16?: boolean | undefined;
  readonly rowScale?: OptionalHandle | undefined;
  readonly inverse?: OptionalHandle | undefined;
  /** h, or with from_output y. */
  readonly product?: OptionalHandle | undefined;
  readonly fromOutput?: boolean | undefined;
  readonly bias?: OptionalHandle | undefined;
  readonly weight?: OptionalHandle | undefined;
  readonly a?: OptionalHandle | undefined;
  readonly magnitude?: OptionalHandle | undefined;
}

/**
 * y = (x · op(W') + bias + addend) ∘ multiplier with W' = weight ∘ (1 + scale · b·a), or with update_only weight ∘
 * scale · b·a: weight [outputs, inputs], a [rank, inputs], b [outputs, rank]. x [rows, inputs] and y [rows, outputs]
 * with transposed, else the other way round. W' is made strip by strip and never whole where it is large.
 */
export interface HiraGemm {
  readonly x: Handle;
  readonly weight: Handle;
  readonly a: Handle;
  readonly b: Handle;
  readonly y: Handle;
  readonly rows: number;
  readonly outputs: number;
  readonly inputs: number;
  readonly rank: number;
  readonly scale?: number | undefined;
  readonly transposed?: boolean | undefined;
  readonly updateOnly?: boolean | undefined;
  /** [the columns of y] */
  readonly bias?: OptionalHandle | undefined;
  /** Like y. */
  readonly addend?: OptionalHandle | undefined;
  /** Like y. */
  readonly multiplier?: OptionalHandle | undefined;
  /** The weight's own tensor: its packed forms are kept with it. */
  readonly packs?: OptionalHandle | undefined;
  /**
   * The products run in bfloat16, with sums in float32; base and update are rounded apart, so that a small update
   * counts.
   */
  readonly bfloat16?: boolean | undefined;
}

/**
 * The gradients of HiRA's factors for dy [rows, outputs], x [rows, inputs] and T = (dyᵀ·x) ∘ weight, which is made tile
 * by tile: da [rank, inputs] = scale · bᵀ·T and db [outputs, rank] = scale · T·aᵀ.
 */
export interface HiraGradient {
  readonly dy: Handle;
  readonly x: Handle;
  readonly weight: Handle;
  readonly a: Handle;
  readonly b: Handle;
  readonly da: Handle;
  readonly db: Handle;
  readonly rows: number;
  readonly outputs: number;
  readonly inputs: number;
  readonly rank: number;
  readonly scale?: number | undefined;
  /** dyᵀ·x may run in bfloat16, with sums in float32. */
  readonly bfloat16?: boolean | undefined;
}

/**
 * The mean of −log softmax(x · weightᵀ)[label] over the rows whose label is not −100, without all logits in memory at
 * once: x [rows, hidden], weight [vocabulary, hidden], loss one number, dx like x for a gradient of 1 of the loss.
 */
export interface LinearCrossEntropy {
  readonly x: Handle;
  readonly weight: Handle;
  readonly labels: Handle;
  readonly loss: Handle;
  readonly dx?: OptionalHandle | undefined;
  readonly rows: number;
  readonly hidden: number;
  readonly vocabulary: number;
  readonly packs: Handle;
  readonly bfloat16?: boolean | undefined;
}

/**
 * The next token of each row through a decoder: x [batch, width] are its states, and y those after the last layer. The
 * cache [layers, 2, batch, capacity, key_value_heads · head_size] has the keys and the values of `tokens` tokens
 * before, and takes up this one's. cosines and sines [table_rows, head_size / 2] as in rotary, mask [batch, tokens + 1]
 * as in attention.
 */
export interface DecoderStep {
  readonly x: Handle;
  readonly y: Handle;
  readonly cache: Handle;
  readonly cosines: Handle;
  readonly sines: Handle;
  readonly mask?: OptionalHandle | undefined;
  readonly batch: number;
  readonly tokens: number;
  readonly capacity: number;
  readonly width: number;
  readonly inner: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
  readonly tableRows: number;
  readonly epsilon: number;
}

/** Options of one step of AdamW that all parameters share. */
export interface AdamWOptions {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly gradientScale: number;
}

type Argument = number | boolean | Float64Array;

/** The addon's exports for its kernels: parameters one after another, a shape as its rank and its sizes. */
export interface KernelFunctions {
  attention(...parameters: readonly Argument[]): void;
  attentionGradient(...parameters: readonly Argument[]): void;
  rotary(...parameters: readonly Argument[]): void;
  gelu(...parameters: readonly Argument[]): void;
  geluAndDerivative(...parameters: readonly Argument[]): void;
  geluGradient(...parameters: readonly Argument[]): void;
  gatedSilu(...parameters: readonly Argument[]): void;
  gatedSiluGradient(...parameters: readonly Argument[]): void;
  lowRankProduct(...parameters: readonly Argument[]): void;
  loraGradient(...parameters: readonly Argument[]): void;
  doraRowScale(...parameters: readonly Argument[]): void;
  rowScaleGradient(...parameters: readonly Argument[]): void;
  hiraGemm(...parameters: readonly Argument[]): void;
  hiraGradient(...parameters: readonly Argument[]): void;
  gemm(...parameters: readonly Argument[]): void;
  batchedGemm(...parameters: readonly Argument[]): void;
  computesBfloat16(...parameters: readonly Argument[]): boolean;
  computesInt8(...parameters: readonly Argument[]): boolean;
  allowInt8(...parameters: readonly Argument[]): void;
  measureGemm(...parameters: readonly Argument[]): number;
  measureLibraryGemm(...parameters: readonly Argument[]): number;
  encodeTensor(...parameters: readonly Argument[]): void;
  gatherStoredRows(...parameters: readonly Argument[]): void;
  isFiniteMatrix(...parameters: readonly Argument[]): boolean;
  layerNorm(...parameters: readonly Argument[]): void;
  layerNormGradient(...parameters: readonly Argument[]): void;
  rmsNorm(...parameters: readonly Argument[]): void;
  rmsNormGradient(...parameters: readonly Argument[]): void;
  softmax(...parameters: readonly Argument[]): void;
  softmaxCrossEntropy(...parameters: readonly Argument[]): void;
  softmaxCrossEntropyGradient(...parameters: readonly Argument[]): void;
  linearCrossEntropy(...parameters: readonly Argument[]): void;
  adamw(...parameters: readonly Argument[]): void;
  sumsOfSquares(...parameters: readonly Argument[]): void;
  clsTokens(...parameters: readonly Argument[]): void;
  clsTokensGradient(...parameters: readonly Argument[]): void;
  scatterAddRows(...parameters: readonly Argument[]): void;
  oneHot(...parameters: readonly Argument[]): void;
  gatherRows(...parameters: readonly Argument[]): void;
  unary(...parameters: readonly Argument[]): void;
  unaryInt32(...parameters: readonly Argument[]): void;
  test(...parameters: readonly Argument[]): void;
  binary(...parameters: readonly Argument[]): void;
  binaryInt32(...parameters: readonly Argument[]): void;
  compare(...parameters: readonly Argument[]): void;
  compareInt32(...parameters: readonly Argument[]): void;
  compareBool(...parameters: readonly Argument[]): void;
  logical(...parameters: readonly Argument[]): void;
  logicalNot(...parameters: readonly Argument[]): void;
  select(...parameters: readonly Argument[]): void;
  addN(...parameters: readonly Argument[]): void;
  floatToInt32(...parameters: readonly Argument[]): void;
  int32ToFloat(...parameters: readonly Argument[]): void;
  floatToBool(...parameters: readonly Argument[]): void;
  int32ToBool(...parameters: readonly Argument[]): void;
  boolToFloat(...parameters: readonly Argument[]): void;
  boolToInt32(...parameters: readonly Argument[]): void;
  roundToBfloat16(...parameters: readonly Argument[]): void;
  bfloat16ToFloat(...parameters: readonly Argument[]): void;
  copy(...parameters: readonly Argument[]): void;
  tile(...parameters: readonly Argument[]): void;
  fill(...parameters: readonly Argument[]): void;
  transpose(...parameters: readonly Argument[]): void;
  slice(...parameters: readonly Argument[]): void;
  pad(...parameters: readonly Argument[]): void;
  concat(...parameters: readonly Argument[]): void;
  reduce(...parameters: readonly Argument[]): void;
  reduceInt32(...parameters: readonly Argument[]): void;
  reduceBool(...parameters: readonly Argument[]): void;
  argmax(...parameters: readonly Argument[]): void;
  argmin(...parameters: readonly Argument[]): void;
  cumulativeSum(...parameters: readonly Argument[]): void;
  decoderStep(...parameters: readonly Argument[]): void;
}

export const kernelNames: readonly (keyof KernelFunctions)[] = [
  'attention',
  'attentionGradient',
  'rotary',
  'gelu',
  'geluAndDerivative',
  'geluGradient',
  'gatedSilu',
  'gatedSiluGradient',
  'lowRankProduct',
  'loraGradient',
  'doraRowScale',
  'rowScaleGradient',
  'hiraGemm',
  'hiraGradient',
  'gemm',
  'batchedGemm',
  'computesBfloat16',
  'computesInt8',
  'allowInt8',
  'measureGemm',
  'measureLibraryGemm',
  'encodeTensor',
  'gatherStoredRows',
  'isFiniteMatrix',
  'layerNorm',
  'layerNormGradient',
  'rmsNorm',
  'rmsNormGradient',
  'softmax',
  'softmaxCrossEntropy',
  'softmaxCrossEntropyGradient',
  'linearCrossEntropy',
  'adamw',
  'sumsOfSquares',
  'clsTokens',
  'clsTokensGradient',
  'scatterAddRows',
  'oneHot',
  'gatherRows',
  'unary',
  'unaryInt32',
  'test',
  'binary',
  'binaryInt32',
  'compare',
  'compareInt32',
  'compareBool',
  'logical',
  'logicalNot',
  'select',
  'addN',
  'floatToInt32',
  'int32ToFloat',
  'floatToBool',
  'int32ToBool',
  'boolToFloat',
  'boolToInt32',
  'roundToBfloat16',
  'bfloat16ToFloat',
  'copy',
  'tile',
  'fill',
  'transpose',
  'slice',
  'pad',
  'concat',
  'reduce',
  'reduceInt32',
  'reduceBool',
  'argmax',
  'argmin',
  'cumulativeSum',
  'decoderStep',
];

/** The addon's kernels. */
export class NativeKernels {
  private readonly addon: KernelFunctions;

  constructor(addon: KernelFunctions) {
    this.addon = addon;
  }

  /**
   * softmax(scale · q·kᵀ + masks)·v for each head, without the matrix of scores (FlashAttention, Dao et al. 2022). mask
   * [batch, tokens], 1 attend, 0 padding, or null. y like q; log_sum_exp [batch · heads, queries], the logarithm of
   * each row's sum of exponentials. A row that may see nothing gives zeros, and −∞.
   */
  attention(
    shape: AttentionShape,
    q: Handle,
    k: Handle,
    v: Handle,
    mask: OptionalHandle,
    y: Handle,
    logSumExp: Handle,
  ): void {
    this.addon.attention(
      shape.batch,
      shape.queries,
      shape.tokens,
      shape.heads,
      shape.keyValueHeads,
      shape.headSize,
      shape.window,
      shape.causal,
      shape.scale,
      shape.softcap ?? 0,
      shape.bfloat16 ?? false,
      q,
      k,
      v,
      mask,
      y,
      logSumExp,
    );
  }

  /** From the forward's inputs and outputs and dy (like y): dq like q, dk like k, dv like v. */
  attentionGradient(
    shape: AttentionShape,
    q: Handle,
    k: Handle,
    v: Handle,
    mask: OptionalHandle,
    y: Handle,
    logSumExp: Handle,
    dy: Handle,
    dq: Handle,
    dk: Handle,
    dv: Handle,
  ): void {
    this.addon.attentionGradient(
      shape.batch,
      shape.queries,
      shape.tokens,
      shape.heads,
      shape.keyValueHeads,
      shape.headSize,
      shape.window,
      shape.causal,
      shape.scale,
      shape.softcap ?? 0,
      shape.bfloat16 ?? false,
      q,
      k,
      v,
      mask,
      y,
      logSumExp,
      dy,
      dq,
      dk,
      dv,
    );
  }

  /**
   * Rotary position embedding of halves (Su et al. 2021, as Hugging Face's Llama): x, y [rows, heads · head_size],
   * cosines and sines [table_rows, head_size / 2]; row r takes the table's row r mod table_rows. inverse: the sines
   * negated, which is the gradient. y may be x.
   */
  rotary(
    x: Handle,
    cosines: Handle,
    sines: Handle,
    y: Handle,
    rows: number,
    tableRows: number,
    heads: number,
    headSize: number,
    inverse: boolean,
  ): void {
    this.addon.rotary(x, cosines, sines, y, rows, tableRows, heads, headSize, inverse);
  }

  /** GELU of count numbers, by the error function or (tanh_form) by Hendrycks and Gimpel's tanh. y may be x. */
  gelu(x: Handle, y: Handle, count: number, tanhForm: boolean): void {
    this.addon.gelu(x, y, count, tanhForm);
  }

  /** y = GELU(x) and derivative = GELU′(x). y or derivative may be x. */
  geluAndDerivative(x: Handle, y: Handle, derivative: Handle, count: number, tanhForm: boolean): void {
    this.addon.geluAndDerivative(x, y, derivative, count, tanhForm);
  }

  /** dx = dy · GELU′(x). dx may be x or dy. */
  geluGradient(x: Handle, dy: Handle, dx: Handle, count: number, tanhForm: boolean): void {
    this.addon.geluGradient(x, dy, dx, count, tanhForm);
  }

  /** y = gate · σ(gate) · up. y may be gate or up. */
  gatedSilu(gate: Handle, up: Handle, y: Handle, count: number): void {
    this.addon.gatedSilu(gate, up, y, count);
  }

  /** dgate and dup of gated_silu. Each may be any of the inputs. */
  gatedSiluGradient(gate: Handle, up: Handle, dy: Handle, dgate: Handle, dup: Handle, count: number): void {
    this.addon.gatedSiluGradient(gate, up, dy, dgate, dup, count);
  }

  /**
   * y [rows, rank] = x·aᵀ: x [rows, inputs], a [rank, inputs]. For ranks that are small beside the inputs. Uses pairs
   * of bfloat16, with sums in float32, if they are allowed and faster on the processor.
   */
  lowRankProduct(x: Handle, a: Handle, y: Handle, rows: number, inputs: number, rank: number, bfloat16: boolean): void {
    this.addon.lowRankProduct(x, a, y, rows, inputs, rank, bfloat16);
  }

  /**
   * The gradients of LoRA and DoRA but that of x (LoraGradient). For ranks that are small beside inputs and outputs.
   */
  loraGradient(gradient: LoraGradient): void {
    this.addon.loraGradient(
      gradient.dy,
      gradient.x,
      gradient.z,
      gradient.b,
      gradient.dz,
      gradient.da,
      gradient.db,
      gradient.rows,
      gradient.outputs,
      gradient.inputs,
      gradient.rank,
      gradient.scale ?? 1,
      gradient.bfloat16 ?? false,
      gradient.rowScale ?? 0,
      gradient.inverse ?? 0,
      gradient.product ?? 0,
      gradient.fromOutput ?? false,
      gradient.bias ?? 0,
      gradient.weight ?? 0,
      gradient.a ?? 0,
      gradient.magnitude ?? 0,
    );
  }

  /**
   * inverse [outputs] = 1 / ‖wᵢ + scale · (b·a)ᵢ‖ and row_scale = magnitude ∘ inverse, without ever making b·a: weight
   * [outputs, inputs], a [rank, inputs], b [outputs, rank], magnitude [outputs]. A norm counts as 1e-15 at least.
   */
  doraRowScale(
    weight: Handle,
    a: Handle,
    b: Handle,
    magnitude: Handle,
    inverse: Handle,
    rowScale: Handle,
    outputs: number,
    inputs: number,
    rank: number,
    scale: number,
  ): void {
    this.addon.doraRowScale(weight, a, b, magnitude, inverse, rowScale, outputs, inputs, rank, scale);
  }

  /**
   * The gradients of x ∘ row_scale: dx = dy ∘ row_scale, which may be dy, and sums [width] = factor ∘ the sums over the
   * rows of dy ∘ x.
   */
  rowScaleGradient(
    dy: Handle,
    x: Handle,
    rowScale: Handle,
    factor: Handle,
    dx: Handle,
    sums: Handle,
    rows: number,
    width: number,
  ): void {
    this.addon.rowScaleGradient(dy, x, rowScale, factor, dx, sums, rows, width);
  }

  /** A product with HiRA's weight. */
  hiraGemm(gemm: HiraGemm): void {
    this.addon.hiraGemm(
      gemm.x,
      gemm.weight,
      gemm.a,
      gemm.b,
      gemm.y,
      gemm.rows,
      gemm.outputs,
      gemm.inputs,
      gemm.rank,
      gemm.scale ?? 1,
      gemm.transposed ?? false,
      gemm.updateOnly ?? false,
      gemm.bias ?? 0,
      gemm.addend ?? 0,
      gemm.multiplier ?? 0,
      gemm.packs ?? 0,
      gemm.bfloat16 ?? false,
    );
  }

  /** The gradients of HiRA's factors. */
  hiraGradient(gradient: HiraGradient): void {
    this.addon.hiraGradient(
      gradient.dy,
      gradient.x,
      gradient.weight,
      gradient.a,
      gradient.b,
      gradient.da,
      gradient.db,
      gradient.rows,
      gradient.outputs,
      gradient.inputs,
      gradient.rank,
      gradient.scale ?? 1,
      gradient.bfloat16 ?? false,
    );
  }

  /** One matrix product. */
  gemm(gemm: Gemm): void {
    this.addon.gemm(
      gemm.a,
      gemm.b,
      gemm.c,
      gemm.m,
      gemm.n,
      gemm.k,
      gemm.transposeA ?? false,
      gemm.transposeB ?? false,
      gemm.columnScale ?? 0,
      gemm.scale ?? 1,
      gemm.bias ?? 0,
      gemm.addend ?? 0,
      gemm.multiplier ?? 0,
      gemm.k2 ?? 0,
      gemm.a2 ?? 0,
      gemm.b2 ?? 0,
      gemm.transposeB2 ?? false,
      gemm.scale2 ?? 1,
      gemm.rowScale ?? 0,
      gemm.scaled ?? 0,
      gemm.packs ?? 0,
      gemm.bfloat16 ?? false,
    );
  }

  /** Many matrix products of one shape. */
  batchedGemm(batch: BatchedGemm): void {
    this.addon.batchedGemm(
      batch.a,
      batch.b,
      batch.c,
      batch.count,
      batch.m,
      batch.n,
      batch.k,
      batch.transposeA ?? false,
      batch.transposeB ?? false,
      batch.strideA,
      batch.strideB,
    );
  }

  /** True if this processor has bfloat16 matrix products, slow or fast; without them, requesting one throws. */
  computesBfloat16(): boolean {
    return this.addon.computesBfloat16();
  }

  /** True if this processor has exact matrix products of 8-bit integers that are faster than those of float32. */
  computesInt8(): boolean {
    return this.addon.computesInt8();
  }

  /**
   * Lets products with a frozen weight run in 8-bit integers with sums of 32 bits: rows of the other factor are rounded
   * as they are read, the weight once for each orientation.
   */
  allowInt8(weight: Handle): void {
    this.addon.allowInt8(weight);
  }

  /** GFLOPS of the product m × k × n with a packed right-hand side, best of `rounds`. */
  measureGemm(m: number, k: number, n: number, bfloat16: boolean, rounds: number): number {
    return this.addon.measureGemm(m, k, n, bfloat16, rounds);
  }

  /** The same of oneDNN alone, on its own threads; 0 where that cannot be told. */
  measureLibraryGemm(m: number, k: number, n: number, bfloat16: boolean, rounds: number): number {
    return this.addon.measureLibraryGemm(m, k, n, bfloat16, rounds);
  }

  /**
   * Makes a tensor of bytes the matrix [rows, columns] that they encode. Kernels see it in float32: products with it
   * decode it part by part, other kernels for the time of the call.
   */
  encodeTensor(x: Handle, encoding: Encoding, rows: number, columns: number): void {
    this.addon.encodeTensor(x, encodingCodes[encoding], rows, columns);
  }

  /** y[i] = x[indices[i]] in float32: rows of a stored matrix; throws where x has no such row. */
  gatherStoredRows(x: Handle, indices: Handle, y: Handle, count: number): void {
    this.addon.gatherStoredRows(x, indices, y, count);
  }

  /** True if no value of a stored matrix is NaN or infinite. */
  isFiniteMatrix(x: Handle): boolean {
    return this.addon.isFiniteMatrix(x);
  }

  /** y = (x − mean) / √(variance + epsilon) ∘ scale + shift by row; scale or shift null: 1 or 0. y may be x. */
  layerNorm(
    x: Handle,
    scale: OptionalHandle,
    shift: OptionalHandle,
    y: Handle,
    rows: number,
    width: number,
    epsilon: number,
  ): void {
    this.addon.layerNorm(x, scale, shift, y, rows, width, epsilon);
  }

  /** dx of layer_norm, and addend [rows, width] unless that is null. dx may be x, dy or addend. */
  layerNormGradient(
    x: Handle,
    scale: OptionalHandle,
    dy: Handle,
    addend: OptionalHandle,
    dx: Handle,
    rows: number,
    width: number,
    epsilon: number,
  ): void {
    this.addon.layerNormGradient(x, scale, dy, addend, dx, rows, width, epsilon);
  }

  /** y = x / √(mean(x²) + epsilon) ∘ scale by row; scale null: 1. y may be x. */
  rmsNorm(x: Handle, scale: OptionalHandle, y: Handle, rows: number, width: number, epsilon: number): void {
    this.addon.rmsNorm(x, scale, y, rows, width, epsilon);
  }

  /** dx of rms_norm, and addend [rows, width] unless that is null. dx may be x, dy or addend. */
  rmsNormGradient(
    x: Handle,
    scale: OptionalHandle,
    dy: Handle,
    addend: OptionalHandle,
    dx: Handle,
    rows: number,
    width: number,
    epsilon: number,
  ): void {
    this.addon.rmsNormGradient(x, scale, dy, addend, dx, rows, width, epsilon);
  }

  /** Softmax of each row [rows, classes]; y may be x. */
  softmax(x: Handle, y: Handle, rows: number, classes: number): void {
    this.addon.softmax(x, y, rows, classes);
  }

  /** loss (one number): the mean of −log softmax(logits)[label] over the rows that are not ignored; 0 if none are. */
  softmaxCrossEntropy(logits: Handle, labels: Handle, loss: Handle, rows: number, classes: number): void {
    this.addon.softmaxCrossEntropy(logits, labels, loss, rows, classes);
  }

  /** dlogits [rows, classes] = (softmax − one-hot) · dy[0] / (rows not ignored), 0 in ignored rows. May be logits. */
  softmaxCrossEntropyGradient(
    logits: Handle,
    labels: Handle,
    dy: Handle,
    dlogits: Handle,
    rows: number,
    classes: number,
  ): void {
    this.addon.softmaxCrossEntropyGradient(logits, labels, dy, dlogits, rows, classes);
  }

  /** The loss of a language model. */
  linearCrossEntropy(loss: LinearCrossEntropy): void {
    this.addon.linearCrossEntropy(
      loss.x,
      loss.weight,
      loss.labels,
      loss.loss,
      loss.dx ?? 0,
      loss.rows,
      loss.hidden,
      loss.vocabulary,
      loss.packs,
      loss.bfloat16 ?? false,
    );
  }

  /** One step of AdamW. parameters: [value, gradient, first moment, second moment, count, 1 − β₁ᵗ, 1 − β₂ᵗ, …] */
  adamw(options: AdamWOptions, parameters: Float64Array): void {
    this.addon.adamw(
      options.learningRate,
      options.beta1,
      options.beta2,
      options.epsilon,
      options.weightDecay,
      options.gradientScale,
      parameters,
    );
  }

  /** y [inputs]: the sum of the squares of each. inputs: [x, its count, …] */
  sumsOfSquares(y: Handle, inputs: Float64Array): void {
    this.addon.sumsOfSquares(y, inputs);
  }

  /** y [rows / tokens, width] = the rows 0, tokens, 2·tokens … of x [rows, width]. */
  clsTokens(x: Handle, y: Handle, rows: number, width: number, tokens: number): void {
    this.addon.clsTokens(x, y, rows, width, tokens);
  }

  /** dx [rows, width]: dy's rows at 0, tokens, 2·tokens …, zeros elsewhere. */
  clsTokensGradient(dy: Handle, dx: Handle, rows: number, width: number, tokens: number): void {
    this.addon.clsTokensGradient(dy, dx, rows, width, tokens);
  }

  /** y [y_rows, width] = the sums of the rows of x [count, width] by index; indices outside are left out. */
  scatterAddRows(x: Handle, indices: Handle, y: Handle, yRows: number, count: number, width: number): void {
    this.addon.scatterAddRows(x, indices, y, yRows, count, width);
  }

  /** y [count, depth] = on where the index is the column, else off. */
  oneHot(indices: Handle, y: Handle, count: number, depth: number, on: number, off: number): void {
    this.addon.oneHot(indices, y, count, depth, on, off);
  }

  /** y[i] = x[indices[i]]: rows of row_bytes bytes; throws where x has no such row. */
  gatherRows(x: Handle, indices: Handle, y: Handle, xRows: number, count: number, rowBytes: number): void {
    this.addon.gatherRows(x, indices, y, xRows, count, rowBytes);
  }

  /** y = operation(x); alpha and beta as the operation says. y may be x. */
  unary(operation: Unary, x: Handle, y: Handle, count: number, alpha: number, beta: number): void {
    this.addon.unary(unaryCodes[operation], x, y, count, alpha, beta);
  }

  /** The same of int32: negate, absolute, square, sign, relu, relu6, clip. Others: false, and nothing is done. */
  unaryInt32(operation: Unary, x: Handle, y: Handle, count: number, alpha: number, beta: number): void {
    this.addon.unaryInt32(unaryCodes[operation], x, y, count, alpha, beta);
  }

  /** Truth of a property of x. */
  test(operation: Test, x: Handle, y: Handle, count: number): void {
    this.addon.test(testCodes[operation], x, y, count);
  }

  /** out = a ∘ b, broadcast as NumPy does; out_shape is the broadcast shape. out may be an operand of out's shape. */
  binary(
    operation: Binary,
    a: Handle,
    aShape: readonly number[],
    b: Handle,
    bShape: readonly number[],
    out: Handle,
    outShape: readonly number[],
  ): void {
    this.addon.binary(
      binaryCodes[operation],
      a,
      aShape.length,
      ...aShape,
      b,
      bShape.length,
      ...bShape,
      out,
      outShape.length,
      ...outShape,
    );
  }

  /** The same of int32; a division by 0 gives 0. */
  binaryInt32(
    operation: Binary,
    a: Handle,
    aShape: readonly number[],
    b: Handle,
    bShape: readonly number[],
    out: Handle,
    outShape: readonly number[],
  ): void {
    this.addon.binaryInt32(
      binaryCodes[operation],
      a,
      aShape.length,
      ...aShape,
      b,
      bShape.length,
      ...bShape,
      out,
      outShape.length,
      ...outShape,
    );
  }

  /** Truth of a ∘ b, broadcast. */
  compare(
    operation: Comparison,
    a: Handle,
    aShape: readonly number[],
    b: Handle,
    bShape: readonly number[],
    out: Handle,
    outShape: readonly number[],
  ): void {
    this.addon.compare(
      comparisonCodes[operation],
      a,
      aShape.length,
      ...aShape,
      b,
      bShape.length,
      ...bShape,
      out,
      outShape.length,
      ...outShape,
    );
  }

  /** The same of int32. */
  compareInt32(
    operation: Comparison,
    a: Handle,
    aShape: readonly number[],
    b: Handle,
    bShape: readonly number[],
    out: Handle,
    outShape: readonly number[],
  ): void {
    this.addon.compareInt32(
      comparisonCodes[operation],
      a,
      aShape.length,
      ...aShape,
      b,
      bShape.length,
      ...bShape,
      out,
      outShape.length,
      ...outShape,
    );
  }

  /** The same of truth values. */
  compareBool(
    operation: Comparison,
    a: Handle,
    aShape: readonly number[],
    b: Handle,
    bShape: readonly number[],
    out: Handle,
    outShape: readonly number[],
  ): void {
    this.addon.compareBool(
      comparisonCodes[operation],
      a,
      aShape.length,
      ...aShape,
      b,
      bShape.length,
      ...bShape,
      out,
      outShape.length,
      ...outShape,
    );
  }

  /** Truth of a ∘ b of truth values, broadcast. */
  logical(
    operation: Logical,
    a: Handle,
    aShape: readonly number[],
    b: Handle,
    bShape: readonly number[],
    out: Handle,
    outShape: readonly number[],
  ): void {
    this.addon.logical(
      logicalCodes[operation],
      a,
      aShape.length,
      ...aShape,
      b,
      bShape.length,
      ...bShape,
      out,
      outShape.length,
      ...outShape,
    );
  }

  /** y = not x. */
  logicalNot(x: Handle, y: Handle, count: number): void {
    this.addon.logicalNot(x, y, count);
  }

  /**
   * out = condition ? a : b over elements of 1 or 4 bytes (element_bytes): a, b, out [count], the condition [count /
   * inner], each of its elements for `inner` of theirs.
   */
  select(
    condition: Handle,
    a: Handle,
    b: Handle,
    out: Handle,
    count: number,
    inner: number,
    elementBytes: number,
  ): void {
    this.addon.select(condition, a, b, out, count, inner, elementBytes);
  }

  /** y = the sum of tensors of count floats. inputs: [x, …] */
  addN(y: Handle, count: number, inputs: Float64Array): void {
    this.addon.addN(y, count, inputs);
  }

  /** Towards zero, beyond int32's range to its ends, NaN to 0. */
  floatToInt32(x: Handle, y: Handle, count: number): void {
    this.addon.floatToInt32(x, y, count);
  }

  /** Rounded to the nearest. */
  int32ToFloat(x: Handle, y: Handle, count: number): void {
    this.addon.int32ToFloat(x, y, count);
  }

  /** 1 where x is not 0 (NaN is not 0). */
  floatToBool(x: Handle, y: Handle, count: number): void {
    this.addon.floatToBool(x, y, count);
  }

  /** 1 where x is not 0. */
  int32ToBool(x: Handle, y: Handle, count: number): void {
    this.addon.int32ToBool(x, y, count);
  }

  /** 0 or 1. */
  boolToFloat(x: Handle, y: Handle, count: number): void {
    this.addon.boolToFloat(x, y, count);
  }

  /** 0 or 1. */
  boolToInt32(x: Handle, y: Handle, count: number): void {
    this.addon.boolToInt32(x, y, count);
  }

  /** The same on all threads: of states that are kept at half their size. */
  roundToBfloat16(x: Handle, y: Handle, count: number): void {
    this.addon.roundToBfloat16(x, y, count);
  }

  /** Without rounding. */
  bfloat16ToFloat(x: Handle, y: Handle, count: number): void {
    this.addon.bfloat16ToFloat(x, y, count);
  }

  /** y = x. */
  copy(x: Handle, y: Handle, bytes: number): void {
    this.addon.copy(x, y, bytes);
  }

  /** x repeated: y_shape[i] is a multiple of x_shape[i] (equal ranks). Broadcasting, too: a size of 1 repeated. */
  tile(x: Handle, xShape: readonly number[], y: Handle, yShape: readonly number[], elementBytes: number): void {
    this.addon.tile(x, xShape.length, ...xShape, y, yShape.length, ...yShape, elementBytes);
  }

  /** count elements of a value. */
  fill(y: Handle, value: number, type: ValueType, count: number): void {
    this.addon.fill(y, value, valueTypeCodes[type], count);
  }

  /** y's axis i is x's axis permutation[i]. */
  transpose(
    x: Handle,
    y: Handle,
    elementBytes: number,
    xShape: readonly number[],
    permutation: readonly number[],
  ): void {
    this.addon.transpose(x, y, elementBytes, xShape.length, ...xShape, ...permutation);
  }

  /** y [y_shape] = x from begin on, by steps of `strides` (negative ones count back). */
  slice(
    x: Handle,
    y: Handle,
    elementBytes: number,
    xShape: readonly number[],
    yShape: readonly number[],
    begin: readonly number[],
    strides: readonly number[],
  ): void {
    this.addon.slice(x, y, elementBytes, xShape.length, ...xShape, yShape.length, ...yShape, ...begin, ...strides);
  }

  /** x in the midst of y, `before[i]` elements from the start of axis i, the value around it. */
  pad(
    x: Handle,
    y: Handle,
    value: number,
    type: ValueType,
    xShape: readonly number[],
    yShape: readonly number[],
    before: readonly number[],
  ): void {
    this.addon.pad(x, y, value, valueTypeCodes[type], xShape.length, ...xShape, yShape.length, ...yShape, ...before);
  }

  /** y = inputs one after another along an axis, `outer` times. inputs: [x, its bytes for one outer index, …] */
  concat(y: Handle, outer: number, inputs: Float64Array): void {
    this.addon.concat(y, outer, inputs);
  }

  /**
   * y = the reduction of x over the axes whose bit is set in `axes` (bit i: axis i); y has the other axes, in order.
   * Over nothing: sum and mean 0 / NaN, product 1, maximum −∞, minimum ∞. A NaN makes maximum and minimum NaN.
   */
  reduce(operation: Reduction, x: Handle, xShape: readonly number[], axes: number, y: Handle): void {
    this.addon.reduce(reductionCodes[operation], x, xShape.length, ...xShape, axes, y);
  }

  /** The same of int32 (mean: towards zero; over nothing: 0, 1, the smallest, the greatest int32). */
  reduceInt32(operation: Reduction, x: Handle, xShape: readonly number[], axes: number, y: Handle): void {
    this.addon.reduceInt32(reductionCodes[operation], x, xShape.length, ...xShape, axes, y);
  }

  /** all (conjunction) or any (disjunction) of x over `axes`. */
  reduceBool(operation: Logical, x: Handle, xShape: readonly number[], axes: number, y: Handle): void {
    this.addon.reduceBool(logicalCodes[operation], x, xShape.length, ...xShape, axes, y);
  }

  /** The index of the first greatest element along an axis; x as [outer, length, inner], y [outer, inner]. */
  argmax(x: Handle, y: Handle, outer: number, length: number, inner: number): void {
    this.addon.argmax(x, y, outer, length, inner);
  }

  /** The index of the first smallest element along an axis. */
  argmin(x: Handle, y: Handle, outer: number, length: number, inner: number): void {
    this.addon.argmin(x, y, outer, length, inner);
  }

  /**
   * y [outer, length, inner] = running sums along the middle axis of x; exclusive: without the element's own; reverse:
   * from the end.
   */
  cumulativeSum(
    x: Handle,
    y: Handle,
    outer: number,
    length: number,
    inner: number,
    exclusive: boolean,
    reverse: boolean,
  ): void {
    this.addon.cumulativeSum(x, y, outer, length, inner, exclusive, reverse);
  }

  /**
   * All layers of a decoder of Llama's family for the next token of each row (DecoderStep). `layers` has 61 numbers a
   * layer: the window (0: none), the scales of the norms before attention and before the feed-forward part, those of
   * queries and keys by head (0: none), and for q, k, v, o, gate, up and down the weight, whether it is frozen, the
   * bias or 0, a and b of LoRA or 0, its rank, its scaling, and whether the product may run in bfloat16.
   */
  decoderStep(step: DecoderStep, layers: Float64Array): void {
    this.addon.decoderStep(
      step.x,
      step.y,
      step.cache,
      step.cosines,
      step.sines,
      step.mask ?? 0,
      step.batch,
      step.tokens,
      step.capacity,
      step.width,
      step.inner,
      step.heads,
      step.keyValueHeads,
      step.headSize,
      step.tableRows,
      step.epsilon,
      layers,
    );
  }
}
