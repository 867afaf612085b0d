// Made by npm run make:kernels from ../manifest: do not edit.
// clang-format off
#pragma once

#include "../simd/vector.h"
#include "kernels.h"

namespace coto {
namespace COTO_ISA {

void attention(const AttentionShape& shape, const float* q, const float* k, const float* v, const float* mask, float* y, float* log_sum_exp);
void attention_step(const AttentionShape& shape, int64_t capacity, const float* q, const float* k, const float* v, const float* mask, float* y, float* log_sum_exp);
void attention_gradient(const AttentionShape& shape, const float* q, const float* k, const float* v, const float* mask, const float* y, const float* log_sum_exp, const float* dy, float* dq, float* dk, float* dv);
void rotary(const float* x, const float* cosines, const float* sines, float* y, int64_t rows, int64_t table_rows, int64_t heads, int64_t head_size, bool inverse);
void gelu(const float* x, float* y, int64_t count, bool tanh_form);
void gelu_and_derivative(const float* x, float* y, float* derivative, int64_t count, bool tanh_form);
void gelu_gradient(const float* x, const float* dy, float* dx, int64_t count, bool tanh_form);
void gated_silu(const float* gate, const float* up, float* y, int64_t count);
void gated_silu_gradient(const float* gate, const float* up, const float* dy, float* dgate, float* dup, int64_t count);
void skinny_gemm(const SkinnyGemm& gemm);
void scaled_epilogue(const float* x, const float* row_scale, const float* bias, const float* addend, float* y, int64_t rows, int64_t width);
void quantize_rows(const float* x, int8_t* q, float* scales, int64_t rows, int64_t width, int64_t segments);
void int8_epilogue(const int32_t* sums, const float* row_scales, const float* column_scales, const float* output_scale, const float* bias, const float* addend, const float* multiplier, float* c, int64_t rows, int64_t width, float scale, bool accumulates);
void low_rank_product(const float* x, const float* a, float* y, int64_t rows, int64_t inputs, int64_t rank, bool bfloat16);
void lora_gradient(const LoraGradient& gradient);
void dora_row_scale(Weight weight, const float* a, const float* b, const float* magnitude, float* inverse, float* row_scale, int64_t outputs, int64_t inputs, int64_t rank, float scale);
void row_scale_gradient(const float* dy, const float* x, const float* row_scale, const float* factor, float* dx, float* sums, int64_t rows, int64_t width);
void hira_pack(const float* weight, int64_t weight_step, const float* a, int64_t a_step, const float* b, void* to, int64_t depth, int64_t padded, int64_t columns, int64_t rank, float scale, float unit, bool transposed, bool pairs);
void hira_panel(const float* weight, int64_t weight_step, const float* a, int64_t a_step, const float* b, float* y, int64_t rows, int64_t columns, int64_t rank, float scale, float unit);
void hira_tile_gradient(float* g, const float* weight, int64_t weight_step, const float* a, float* da, int64_t a_step, const float* b, float* db, int64_t rows, int64_t columns, int64_t rank, float scale);
double stored_row_bytes(Encoding encoding, int64_t columns);
void decode_stored(const StoredMatrix& matrix, int64_t row, int64_t rows, int64_t first, int64_t count, float* y, int64_t step);
void decode_stored_panels(const StoredMatrix& matrix, int64_t row, int64_t rows, int64_t first, int64_t count, bool transposed, uint16_t* y, int64_t panel_step);
void skinny_stored_gemm(const SkinnyGemm& gemm, const StoredMatrix& weight);
void layer_norm(const float* x, const float* scale, const float* shift, float* y, int64_t rows, int64_t width, float epsilon);
void layer_norm_gradient(const float* x, const float* scale, const float* dy, const float* addend, float* dx, int64_t rows, int64_t width, float epsilon);
void rms_norm(const float* x, const float* scale, float* y, int64_t rows, int64_t width, float epsilon);
void rms_norm_gradient(const float* x, const float* scale, const float* dy, const float* addend, float* dx, int64_t rows, int64_t width, float epsilon);
void softmax(const float* x, float* y, int64_t rows, int64_t classes);
void log_softmax(const float* x, float* y, int64_t rows, int64_t classes);
void softmax_cross_entropy(const float* logits, const int32_t* labels, float* loss, int64_t rows, int64_t classes);
void softmax_cross_entropy_gradient(const float* logits, const int32_t* labels, const float* dy, float* dlogits, int64_t rows, int64_t classes);
void cross_entropy_block(float* logits, const int32_t* labels, float* losses, int64_t rows, int64_t classes, float factor, bool wants_gradient);
void adamw(const AdamWParameter* parameters, int64_t parameter_count, const AdamWOptions& options);
void cls_tokens(const float* x, float* y, int64_t rows, int64_t width, int64_t tokens);
void cls_tokens_gradient(const float* dy, float* dx, int64_t rows, int64_t width, int64_t tokens);
void gather_rows(const void* x, const int32_t* indices, void* y, int64_t x_rows, int64_t count, int64_t row_bytes);
void scatter_add_rows(const float* x, const int32_t* indices, float* y, int64_t y_rows, int64_t count, int64_t width);
void one_hot(const int32_t* indices, float* y, int64_t count, int64_t depth, float on, float off);
void unary(Unary operation, const float* x, float* y, int64_t count, float alpha, float beta);
bool unary_int32(Unary operation, const int32_t* x, int32_t* y, int64_t count, int32_t alpha, int32_t beta);
void test(Test operation, const float* x, uint8_t* y, int64_t count);
void binary(Binary operation, const float* a, const Shape& a_shape, const float* b, const Shape& b_shape, float* out, const Shape& out_shape);
void binary_int32(Binary operation, const int32_t* a, const Shape& a_shape, const int32_t* b, const Shape& b_shape, int32_t* out, const Shape& out_shape);
void compare(Comparison operation, const float* a, const Shape& a_shape, const float* b, const Shape& b_shape, uint8_t* out, const Shape& out_shape);
void compare_int32(Comparison operation, const int32_t* a, const Shape& a_shape, const int32_t* b, const Shape& b_shape, uint8_t* out, const Shape& out_shape);
void compare_bool(Comparison operation, const uint8_t* a, const Shape& a_shape, const uint8_t* b, const Shape& b_shape, uint8_t* out, const Shape& out_shape);
void logical(Logical operation, const uint8_t* a, const Shape& a_shape, const uint8_t* b, const Shape& b_shape, uint8_t* out, const Shape& out_shape);
void logical_not(const uint8_t* x, uint8_t* y, int64_t count);
void select(const uint8_t* condition, const void* a, const void* b, void* out, int64_t count, int64_t inner, int element_bytes);
void add_n(const float* const* inputs, int64_t input_count, float* out, int64_t count);
void accumulate(const float* x, float scale, float* y, int64_t count);
void float_to_int32(const float* x, int32_t* y, int64_t count);
void int32_to_float(const int32_t* x, float* y, int64_t count);
void float_to_bool(const float* x, uint8_t* y, int64_t count);
void int32_to_bool(const int32_t* x, uint8_t* y, int64_t count);
void bool_to_float(const uint8_t* x, float* y, int64_t count);
void bool_to_int32(const uint8_t* x, int32_t* y, int64_t count);
void float_to_bfloat16(const float* x, uint16_t* y, int64_t count);
void round_to_bfloat16(const float* x, uint16_t* y, int64_t count);
void bfloat16_to_float(const uint16_t* x, float* y, int64_t count);
void scaled_to_bfloat16(const float* x, const float* scale, uint16_t* y, int64_t rows, int64_t width);
void fill(void* y, const void* value, int64_t count, int element_bytes);
void copy(const void* x, void* y, int64_t bytes);
void transpose(const void* x, const Shape& x_shape, const int* permutation, void* y, int element_bytes);
void slice(const void* x, const Shape& x_shape, const int64_t* begin, const int64_t* strides, void* y, const Shape& y_shape, int element_bytes);
void pad(const void* x, const Shape& x_shape, const int64_t* before, const void* value, void* y, const Shape& y_shape, int element_bytes);
void concat(const void* const* inputs, const int64_t* widths, int64_t input_count, void* y, int64_t outer);
void tile(const void* x, const Shape& x_shape, void* y, const Shape& y_shape, int element_bytes);
void reduce(Reduction operation, const float* x, const Shape& x_shape, uint32_t axes, float* y);
void reduce_int32(Reduction operation, const int32_t* x, const Shape& x_shape, uint32_t axes, int32_t* y);
void reduce_bool(Logical operation, const uint8_t* x, const Shape& x_shape, uint32_t axes, uint8_t* y);
void argmax(const float* x, int32_t* y, int64_t outer, int64_t length, int64_t inner);
void argmin(const float* x, int32_t* y, int64_t outer, int64_t length, int64_t inner);
void column_sums(const float* x, float* y, int64_t rows, int64_t width);
void cumulative_sum(const float* x, float* y, int64_t outer, int64_t length, int64_t inner, bool exclusive, bool reverse);
double sum_of_squares(const float* x, int64_t count);

/** All of them. */
const Kernels& table();

}  // namespace COTO_ISA
}  // namespace coto
