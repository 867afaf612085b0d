import { StudioError } from '../../src-shared/contract/errors.ts';
import { type Declaration, type ParameterValues, parameterSchema } from '../../src-shared/domain/parameter.ts';

/** Parameters with defaults filled in. @throws StudioError invalid_input naming the parameter. */
export function checkedParameters(declaration: Declaration, parameters: ParameterValues): ParameterValues {
  const parsed = parameterSchema(declaration.parameters).safeParse(parameters);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new StudioError(
    'invalid_input',
    `${declaration.label}: ${issue?.path.join('.') || 'parameters'}: ${issue?.message ?? 'not valid'}.`,
    `Parameters: ${declaration.parameters.map((parameter) => parameter.name).join(', ') || 'none'}.`,
  ).at(String(issue?.path[0] ?? 'parameters'));
}
