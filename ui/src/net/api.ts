// One function for each thing that the page asks of the server.
import { Http } from './http';
import type { Conversation, Folder, Head, Imported, Key, Message, Preset, Problem, Pull, Session, Settings, Status, Suggestion, Summary } from './types';

export interface NewMessage {
  content?: string;
  results?: { id: string; content: string }[];
  parent?: string | null;
  attachments?: { name: string; text: string }[];
  model?: string;
}
export interface Change {
  title?: string;
  folder?: string | null;
  model?: string;
  system?: string;
  settings?: Settings;
  leaf?: string;
}
export interface Page {
  conversations: Summary[];
  next: string | null;
  total: number;
}
export interface NewKey {
  name: string;
  scope: 'user' | 'admin';
  expires_ms?: number;
}

const enc = encodeURIComponent;
const conversation = (id: string): string => `/api/conversations/${enc(id)}`;
const message = (id: string, mid: string): string => `${conversation(id)}/messages/${enc(mid)}`;
// A model's name may have slashes, which are part of the path.
const modelPath = (id: string): string => id.split('/').map(enc).join('/');

export class Api {
  constructor(readonly http: Http) {}

  session = (): Promise<Session> => this.http.json('GET', '/api/session');
  signIn = (proof: { link: string } | { key: string }): Promise<Session> => this.http.json('POST', '/api/session', { body: proof });
  signOut = (): Promise<void> => this.http.json('DELETE', '/api/session');
  status = (signal?: AbortSignal): Promise<Status> => this.http.json('GET', '/api/status', { signal });

  list(options: { q?: string; folder?: string | null; before?: string | null; limit?: number }, signal?: AbortSignal): Promise<Page> {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(options)) if (value !== undefined && value !== null && value !== '') query.set(name, String(value));
    return this.http.json('GET', `/api/conversations?${query}`, { signal });
  }
  create = (head: Change): Promise<Conversation> => this.http.json('POST', '/api/conversations', { body: head });
  read = (id: string, signal?: AbortSignal): Promise<Conversation> => this.http.json('GET', conversation(id), { signal });
  change = (id: string, change: Change): Promise<Head> => this.http.json('PATCH', conversation(id), { body: change });
  remove = (id: string, keepalive = false): Promise<void> => this.http.json('DELETE', conversation(id), { keepalive });
  removeAll = (): Promise<void> => this.http.json('DELETE', '/api/conversations?confirm=all');
  folders = (): Promise<{ folders: Folder[] }> => this.http.json('GET', '/api/folders');

  post = (id: string, body: NewMessage): Promise<{ message: Message; answer: Message | null }> => this.http.json('POST', `${conversation(id)}/messages`, { body });
  answer = (id: string, body: { parent: string; model?: string } | { continue: string }): Promise<{ answer: Message }> =>
    this.http.json('POST', `${conversation(id)}/answers`, { body });
  message = (id: string, mid: string): Promise<Message> => this.http.json('GET', message(id, mid));
  stop = (id: string, mid: string): Promise<void> => this.http.json('POST', `${message(id, mid)}/stop`);
  rate = (id: string, mid: string, rating: -1 | 0 | 1): Promise<Message> => this.http.json('PATCH', message(id, mid), { body: { rating } });
  events = (id: string, mid: string, signal: AbortSignal): Promise<Response> => this.http.open('GET', `${message(id, mid)}/events`, { signal });
  check = (settings: Settings, signal?: AbortSignal): Promise<{ problems: Problem[] }> => this.http.json('POST', '/api/check', { body: { settings }, signal });
  count = (text: string, model: string | null, signal?: AbortSignal): Promise<{ tokens: number }> =>
    this.http.json('POST', '/api/count', { body: { text, model: model ?? undefined }, signal });

  exported = (id: string, format: 'markdown' | 'json'): Promise<Response> => this.http.open('GET', `${conversation(id)}/export?format=${format}`);
  exportAll = (): Promise<Response> => this.http.open('GET', '/api/export');
  importAll = (file: Blob): Promise<Imported> => this.http.json('POST', '/api/import', { body: file });

  presets = (): Promise<{ presets: Preset[] }> => this.http.json('GET', '/api/presets');
  addPreset = (preset: Omit<Preset, 'id'>): Promise<Preset> => this.http.json('POST', '/api/presets', { body: preset });
  removePreset = (id: string): Promise<void> => this.http.json('DELETE', `/api/presets/${enc(id)}`);

  keys = (): Promise<{ keys: Key[] }> => this.http.json('GET', '/api/keys');
  addKey = (key: NewKey): Promise<Key & { secret: string }> => this.http.json('POST', '/api/keys', { body: key });
  revokeKey = (id: string): Promise<void> => this.http.json('DELETE', `/api/keys/${enc(id)}`);

  suggested = (): Promise<{ models: Suggestion[] }> => this.http.json('GET', '/api/models/suggested');
  pulls = (signal?: AbortSignal): Promise<{ pulls: Pull[] }> => this.http.json('GET', '/api/models/pulls', { signal });
  pull = (name: string): Promise<Pull> => this.http.json('POST', '/api/models/pull', { body: { name } });
  cancelPull = (id: string): Promise<void> => this.http.json('DELETE', `/api/models/pulls/${enc(id)}`);
  pullEvents = (id: string, signal: AbortSignal): Promise<Response> => this.http.open('GET', `/api/models/pulls/${enc(id)}/events`, { signal });
  removeModel = (id: string): Promise<void> => this.http.json('DELETE', `/api/models/${modelPath(id)}`);
}
