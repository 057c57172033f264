// What the server's answers look like: docs/API.md and GET /api/openapi.json.
export interface Principal {
  id: string;
  name: string;
  kind: 'local' | 'key';
  scope: 'user' | 'admin';
}
export type Session = { signed_in: true; csrf: string; principal: Principal } | { signed_in: false };

export interface Model {
  id: string;
  state: 'cold' | 'loading' | 'ready' | 'failed';
  size_bytes?: number | null;
  quant?: string | null;
  context?: number | null;
  params?: number | null;
  chat_format?: string | null;
  kind?: string | null; // writes, embeddings or rerank; null: not known before it is loaded
  failure?: string | null;
}
export interface Status {
  version: string;
  models_dir: string;
  models: Model[];
  default_model: string | null;
  memory?: { total_bytes: number; available_bytes: number };
}

export interface Settings {
  temperature?: number;
  top_p?: number;
  top_k?: number;
  min_p?: number;
  max_tokens?: number;
  seed?: number;
  repeat_penalty?: number;
  presence_penalty?: number;
  frequency_penalty?: number;
  stop?: string[];
  thinking?: boolean; // absent: as the model's template has it
  think_budget?: number;
  tools?: unknown[]; // as OpenAI has them
  tool_choice?: 'auto' | 'none' | 'required';
  schema?: object; // JSON Schema of answers
}
export interface Summary {
  id: string;
  title: string;
  folder: string | null;
  model: string | null;
  created_ms: number;
  updated_ms: number;
  messages: number;
  snippet?: string;
}
/** What belongs to a conversation beside its messages. */
export interface Head extends Summary {
  system: string;
  settings: Settings;
  leaf: string | null;
}
export interface Conversation extends Omit<Head, 'messages'> {
  messages: Message[];
}
export interface Attachment {
  name: string;
  bytes: number;
  tokens: number | null;
  text?: string;
}
export interface Usage {
  prompt_tokens: number;
  cached_tokens: number;
  completion_tokens: number;
  first_ms: number;
  decode_ms: number;
}
/** Of an answer: a tool that it asks to be called. The arguments are JSON text, unless the answer was cut within them. */
export interface Call {
  id: string;
  name: string;
  arguments: string;
}
/** What came of one. */
export interface Result {
  id: string;
  name: string;
  content: string;
}
/** What cannot be enforced of settings, and why. */
export interface Problem {
  field: 'tools' | 'schema';
  message: string;
}
export type MessageState = 'done' | 'writing' | 'stopped' | 'length' | 'failed' | 'interrupted';
export interface Message {
  id: string;
  parent: string | null;
  role: 'user' | 'assistant' | 'tool';
  content: string;
  reasoning?: string;
  calls?: Call[];
  results?: Result[]; // of a tool's message: of all calls of its parent
  model?: string;
  state: MessageState;
  error?: string;
  rating: -1 | 0 | 1;
  attachments: Attachment[];
  created_ms: number;
  usage?: Usage;
}
export interface Preset {
  id: string;
  name: string;
  system: string;
  settings: Settings;
}
export interface Folder {
  name: string;
  conversations: number;
}
export interface Limits {
  requests_per_minute: number;
  concurrent_max: number;
  tokens_per_day: number;
}
export interface Key {
  id: string;
  name: string;
  hint: string;
  scope: 'user' | 'admin';
  created_ms: number;
  expires_ms: number | null;
  used_ms: number | null;
  revoked: boolean;
  limits: Limits;
}
export interface Pull {
  id: string;
  name: string;
  state: 'resolving' | 'downloading' | 'checking' | 'done' | 'failed' | 'canceled';
  bytes_done: number;
  bytes_total: number | null;
  rate_bps: number;
  eta_s: number | null;
  error: string | null;
  model: string | null;
}
export interface Suggestion {
  name: string;
  title: string;
  about_en: string;
  about_zh: string;
  bytes: number;
  params: number | string;
  licence: string;
  memory_bytes: number;
  fits: boolean;
  tokens_per_s: number | null;
}
export interface Imported {
  conversations: number;
  messages: number;
  skipped: { title: string; reason: string }[];
}
