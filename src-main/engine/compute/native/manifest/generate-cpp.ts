import { enums, families, structs } from './index.ts';
import type { EnumSpec, KernelSpec, StructSpec } from './kernel-spec.ts';
import { camelCase, comment, type Parameter, parseParameter, parseParameters, wrapped } from './signature.ts';

const notice = `// Made by npm run make:kernels from ../manifest: do not edit.
// clang-format off
`;

/** Types that C++ takes by reference: the others are numbers and pointers. */
const byReference = new Set(['Shape', 'SkinnyGemm', 'StoredMatrix', ...structs.map(({ name }) => name)]);

const kernels = families.flatMap((family) => family.kernels);

/** Enumerations, structures of arguments, and the table of kernels. */
export function kernelTable(): string {
  const members = families.map(({ title, kernels: own }) => `  // ---- ${title} ----\n\n${own.map(member).join('')}`);
  return `${notice}#pragma once

namespace coto {

class PackedWeights;

${enums.map(enumeration).join('\n')}
${structs.map(structure).join('\n')}
struct Kernels {
  /** The instruction set: "baseline", "avx2", "avx512", "avx512_bf16" or "avx512_amx". */
  const char* name;

${members.join('\n')}};

}  // namespace coto
`;
}

/** The functions of one instruction set. */
export function declarations(): string {
  const functions = kernels.map((kernel) => `${returnOf(kernel)} ${kernel.name}(${list(kernel)});\n`);
  return `${notice}#pragma once

#include "../simd/vector.h"
#include "kernels.h"

namespace coto {
namespace COTO_ISA {

${functions.join('')}
/** All of them. */
const Kernels& table();

}  // namespace COTO_ISA
}  // namespace coto
`;
}

export function tableOfSet(): string {
  const assignments = kernels.map(({ name }) => `    made.${name} = ${name};\n`);
  return `${notice}#include "declarations.generated.h"

#define COTO_TEXT_OF(name) #name
#define COTO_TEXT(name) COTO_TEXT_OF(name)

namespace coto {
namespace COTO_ISA {

const Kernels& table() {
  static const Kernels table = [] {
    Kernels made{};
    made.name = COTO_TEXT(COTO_ISA);
${assignments.join('')}    return made;
  }();
  return table;
}

}  // namespace COTO_ISA
}  // namespace coto
`;
}

/** Structures as they are taken from a call, and the functions that JavaScript has. */
export function methods(): string {
  const functions = families.flatMap((family) => family.functions ?? []);
  const bound = kernels.filter(({ isInternal }) => isInternal !== true);
  return `${notice}#pragma once

#include "call.h"
#include "kernels/kernels.h"

namespace coto {

${structs.map(takeStructure).join('\n')}
/** Bound by hand. */
namespace bindings {
${functions.map(({ name }) => `napi_value ${name}(Call& call);\n`).join('')}}  // namespace bindings

/** Calls a kernel with its parameters in their order. */
template <auto Member>
napi_value call_kernel(Call& call) {
  return invoke(call, kernels().*Member);
}

constexpr Method kKernelMethods[] = {
${bound.map(({ name }) => `    {"${camelCase(name)}", call_kernel<&Kernels::${name}>},\n`).join('')}${functions
  .map(({ name }) => `    {"${camelCase(name)}", bindings::${name}},\n`)
  .join('')}};

}  // namespace coto
`;
}

function enumeration({ name, doc, members }: EnumSpec): string {
  const lines = members.map((entry) =>
    typeof entry === 'string' ? `  ${entry},\n` : `  ${entry[0]},  // ${entry[1]}\n`,
  );
  return `${doc === undefined ? '' : comment(doc, '')}enum class ${name} : int {\n${lines.join('')}};\n`;
}

function structure({ name, doc, fields }: StructSpec): string {
  const lines = fields.map((entry) => {
    const [text, remark] = typeof entry === 'string' ? [entry] : entry;
    const field = parseParameter(text);
    return `${remark === undefined ? '' : comment(remark, '  ')}  ${field.type} ${field.name} = ${field.default ?? '{}'};\n`;
  });
  return `${comment(doc, '')}struct ${name} {\n${lines.join('')}};\n`;
}

function takeStructure({ name, fields }: StructSpec): string {
  const lines = fields.map((entry) => {
    const field = parseParameter(typeof entry === 'string' ? entry : entry[0]);
    return `  taken.${field.name} = take<${field.type}>(call);\n`;
  });
  return `template <>
inline ${name} take_structure<${name}>(Call& call) {
  ${name} taken;
${lines.join('')}  return taken;
}
`;
}

function member(kernel: KernelSpec): string {
  return `${comment(kernel.doc, '  ')}  ${wrapped(`${returnOf(kernel)} (*${kernel.name})(${list(kernel)});`, 116).join('\n      ')}\n`;
}

function list({ params }: KernelSpec): string {
  return parseParameters(params).map(parameterOf).join(', ');
}

function parameterOf({ type, name }: Parameter): string {
  return byReference.has(type) ? `const ${type}& ${name}` : `${type} ${name}`;
}

function returnOf({ returns }: KernelSpec): string {
  return returns ?? 'void';
}
