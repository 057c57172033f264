// What the page asks of Hearth. Every failure becomes an ApiError with a kind that the page has a next step for.
import { EventDecoder } from './sse';

export interface Model {
  id: string;
  state: 'cold' | 'loading' | 'ready' | 'failed';
  size_bytes?: number | null;
  quant?: string | null;
  context?: number | null;
  chat_format?: string | null;
  failure?: string | null;
}
export interface Status {
  version: string;
  models_dir: string;
  models: Model[];
  default_model: string | null;
}
export interface Message {
  role: 'user' | 'assistant';
  content: string;
}
export interface Stats {
  tokens: number;
  perSecond: number | null;
  firstTokenS: number | null;
}

export type ErrorKind = 'offline' | 'busy' | 'context' | 'memory' | 'model' | 'other';
export class ApiError extends Error {
  constructor(readonly kind: ErrorKind, message: string) {
    super(message);
  }
}

export async function getStatus(signal?: AbortSignal): Promise<Status> {
  let answer: Response;
  try {
    answer = await fetch('/api/status', { signal, cache: 'no-store' });
  } catch {
    throw new ApiError('offline', '');
  }
  if (!answer.ok) throw await errorOf(answer);
  return (await answer.json()) as Status;
}

// What Hearth's own codes mean here (src/api/error.c); another server's status must do.
const kinds: Record<string, ErrorKind> = {
  context_length_exceeded: 'context',
  model_not_found: 'model',
  model_broken: 'model',
  out_of_memory: 'memory',
  server_busy: 'busy',
};

export function kindOf(status: number, code: string | null | undefined): ErrorKind {
  const known = code ? kinds[code] : undefined;
  if (known) return known;
  if (status === 503 || status === 429) return 'busy';
  if (status === 404) return 'model';
  return status === 502 || status === 504 ? 'offline' : 'other';
}

interface ErrorBody {
  error?: { message?: string; code?: string | null };
}

async function errorOf(answer: Response): Promise<ApiError> {
  let body: ErrorBody = {};
  try {
    body = (await answer.json()) as ErrorBody;
  } catch {
    // A proxy's page, not ours: the status says enough.
  }
  return new ApiError(kindOf(answer.status, body.error?.code), body.error?.message ?? `HTTP ${answer.status}`);
}

interface Chunk extends ErrorBody {
  choices?: { delta?: { content?: string | null }; finish_reason?: string | null }[];
  usage?: { completion_tokens?: number } | null;
  timings?: { decode_tokens_per_s?: number | null } | null;
}

export interface ChatResult {
  finish: string | null;
  stats: Stats;
}

/** Streams an answer; onText gets each piece as it comes, and the speed so far. */
export async function chat(model: string, messages: Message[], signal: AbortSignal, onText: (piece: string, soFar: Stats) => void): Promise<ChatResult> {
  const begin = performance.now();
  let answer: Response;
  try {
    answer = await fetch('/v1/chat/completions', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ model, messages, stream: true, stream_options: { include_usage: true } }),
      signal,
    });
  } catch (e) {
    throw signal.aborted ? e : new ApiError('offline', '');
  }
  if (!answer.ok || !answer.body) throw await errorOf(answer);

  const meter = new Meter(begin);
  let finish: string | null = null;
  let complete = false;
  for await (const data of eventsOf(answer.body, signal)) {
    if (data === '[DONE]') {
      complete = true;
      break;
    }
    const chunk = JSON.parse(data) as Chunk;
    if (chunk.error) throw new ApiError(kindOf(500, chunk.error.code), chunk.error.message ?? '');
    const choice = chunk.choices?.[0];
    if (choice?.delta?.content) {
      meter.text();
      onText(choice.delta.content, meter.stats());
    }
    finish = choice?.finish_reason ?? finish;
    meter.usage(chunk);
  }
  // A stream that ends without saying so was cut off.
  if (!complete && !finish) throw new ApiError('offline', '');
  return { finish, stats: meter.stats() };
}

async function* eventsOf(body: ReadableStream<Uint8Array>, signal: AbortSignal): AsyncGenerator<string> {
  const reader = body.getReader();
  const utf8 = new TextDecoder();
  const events = new EventDecoder();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* events.feed(utf8.decode(value, { stream: true }));
    }
  } catch (e) {
    throw signal.aborted || e instanceof ApiError ? e : new ApiError('offline', '');
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

/** Speed: the engine's own numbers when it sends them, otherwise what this page saw. */
class Meter {
  private first: number | null = null;
  private last = 0;
  private pieces = 0;
  private tokens: number | null = null;
  private perSecond: number | null = null;

  constructor(private readonly begin: number) {}

  text(): void {
    this.last = performance.now();
    this.first ??= this.last;
    this.pieces++;
  }
  usage(chunk: Chunk): void {
    this.tokens = chunk.usage?.completion_tokens ?? this.tokens;
    this.perSecond = chunk.timings?.decode_tokens_per_s ?? this.perSecond;
  }
  stats(): Stats {
    const tokens = this.tokens ?? this.pieces;
    const seconds = this.first === null ? 0 : (this.last - this.first) / 1000;
    return {
      tokens,
      perSecond: this.perSecond ?? (seconds > 0.05 && tokens > 1 ? (tokens - 1) / seconds : null),
      firstTokenS: this.first === null ? null : (this.first - this.begin) / 1000,
    };
  }
}
