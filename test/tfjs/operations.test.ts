/** tfjs-core's own tests, by file name, of the operations whose kernels the native backend has. */
const files = [
  'abs add_n add all any arg_max arg_min arithmetic binary_ops broadcast_to ceil clip_by_value clone concat cos cumsum elu',
  'ensure_shape equal erf exp expand_dims expm1 eye fill floor floordiv fused/fused_mat_mul gather greater_equal greater',
  'is_finite is_inf is_nan leaky_relu less_equal less linspace log1p log_sigmoid log_softmax log_sum_exp log logical_and',
  'logical_not logical_or logical_xor losses/mean_squared_error losses/softmax_cross_entropy mat_mul max mean min moments neg',
  'norm not_equal one_hot ones_like ones pad prod range reciprocal relu6 relu reverse_1d reverse_2d reverse_3d reverse_4d',
  'reverse round rsqrt sigmoid sign sin slice1d slice2d slice3d slice4d slice softmax softplus split sqrt square squeeze stack',
  'step strided_slice sub sum tanh tile transpose unsorted_segment_sum unstack where zeros_like zeros',
]
  .join(' ')
  .split(' ');

const core = new URL('../../node_modules/@tensorflow/tfjs-core/dist/', import.meta.url).pathname;
await import(/* @vite-ignore */ `${core}register_all_gradients.js`);
await import(/* @vite-ignore */ `${core}public/chained_ops/register_all_chained_ops.js`);
for (const file of files) await import(/* @vite-ignore */ `${core}ops/${file}_test.js`);
