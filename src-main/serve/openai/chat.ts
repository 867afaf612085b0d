import type { StudioClient } from '../../../src-shared/contract/studio-client.ts';
import type { Prompt } from '../../../src-shared/domain/generation/generation.ts';
import { HttpError } from '../http/http-error.ts';
import type { CallReading } from './answer.ts';
import type { ChatRequest } from './requests.ts';
import type { ServedModel } from './served-models.ts';
import { CallReader } from './tools/call-reader.ts';
import { readTemplateTools, renderOf, type TemplateTools } from './tools/template-tools.ts';
import { hasToolMessages, templateMessages } from './tools/tool-messages.ts';
import { toolRequest } from './tools/tool-request.ts';

/** A conversation as the model's template reads it, and how calls of its answer are read. */
export interface ChatPrompt {
  readonly prompt: Prompt;
  /** Further strings that end an answer. */
  readonly stop: readonly string[];
  /** Null: the answer is content alone. */
  readonly calls: CallReading | null;
}

/** Prompts of chats. Templates are examined once for each model. */
export class ChatPrompts {
  private readonly client: StudioClient;
  private readonly known = new Map<string, TemplateTools>();

  constructor(client: StudioClient) {
    this.client = client;
  }

  /** @throws HttpError 400 for tools that the model's template leaves out */
  async read({ base }: ServedModel, body: ChatRequest): Promise<ChatPrompt> {
    const request = toolRequest(body);
    if (request === null && !hasToolMessages(body.messages))
      return { prompt: { kind: 'chat', messages: body.messages }, stop: [], calls: null };
    const template = await this.templateOf(base.id);
    const messages = templateMessages(body.messages, template);
    if (request === null) return { prompt: { kind: 'chat', messages }, stop: [], calls: null };
    const { format, closesReasoning } = template;
    const refusal = !template.readsTools
      ? `The chat template of ${base.name} leaves tools out: choose a model whose template reads them.`
      : format === null
        ? `${base.name} calls tools in a form that is not known: leave tools out, or set tool_choice to "none".`
        : null;
    if (refusal !== null || format === null) throw new HttpError(400, refusal ?? '', 'unsupported_parameter', 'tools');
    const { tools, functions, forced, isParallel, accepts } = request;
    const start = forced === undefined ? '' : format.start(forced);
    return {
      prompt: {
        kind: 'chat',
        messages,
        tools: [...tools],
        keptTokens: [...format.begins, ...format.marks],
        ...(start === '' ? {} : { start: closesReasoning + start }),
      },
      stop: isParallel || format.callEnd === null ? [] : [format.callEnd],
      calls: {
        newReader: () => new CallReader(format, functions, isParallel, accepts),
        start,
        idLength: format.idLength ?? null,
      },
    };
  }

  private async templateOf(model: string): Promise<TemplateTools> {
    const known = this.known.get(model);
    if (known !== undefined) return known;
    const found = await readTemplateTools(renderOf(this.client, model));
    this.known.set(model, found);
    return found;
  }
}
