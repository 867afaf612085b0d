/** Maps ShareGPT's speakers to the roles of chat templates. */
export const sharegptRoles: ReadonlyMap<string, string> = new Map([
  ['human', 'user'],
  ['gpt', 'assistant'],
  ['chatgpt', 'assistant'],
  ['bing', 'assistant'],
  ['bard', 'assistant'],
  ['function_call', 'assistant'],
  ['observation', 'tool'],
  ['function_response', 'tool'],
  ['tool_response', 'tool'],
]);

/** Roles that chat templates write; another one would be skipped by some and written as text by others. */
export const chatRoles: readonly string[] = ['system', 'developer', 'user', 'assistant', 'tool'];
