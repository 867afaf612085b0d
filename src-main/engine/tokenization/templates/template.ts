/** A published format of conversations, for models that come without one or were trained with another. */
export interface KnownTemplate {
  readonly id: string;
  readonly label: string;
  /** Jinja, as a model's chat_template.jinja holds it. */
  readonly text: string;
}
