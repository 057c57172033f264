// The conversation as data, and the one request that may be running.
import { useCallback, useRef, useState } from 'preact/hooks';
import { ApiError, chat, type ErrorKind, type Message, type Stats } from './api';

export type Turn =
  | { role: 'user'; text: string }
  | { role: 'assistant'; text: string; state: 'waiting' | 'streaming' | 'done' | 'stopped'; cut?: boolean; stats?: Stats; error?: { kind: ErrorKind; detail: string } };

type Answer = Extract<Turn, { role: 'assistant' }>;

export interface Conversation {
  turns: Turn[];
  busy: boolean;
  send: (model: string, text: string) => void;
  retry: (model: string) => void;
  stop: () => void;
  clear: () => void;
}

// What the model is sent. An answer that failed before its first word is left out.
export function messagesOf(turns: Turn[]): Message[] {
  return turns.filter((t) => t.text).map((t) => ({ role: t.role, content: t.text }));
}

export function useConversation(): Conversation {
  const [turns, setTurns] = useState<Turn[]>([]);
  const [busy, setBusy] = useState(false);
  const running = useRef<AbortController | null>(null);

  const ask = useCallback(async (model: string, before: Turn[]) => {
    const abort = new AbortController();
    running.current?.abort();
    running.current = abort;
    let answer: Answer = { role: 'assistant', text: '', state: 'waiting' };
    let frame = 0;
    // Drawn once a frame at most, however fast the text comes.
    const draw = (change: Partial<Answer>): void => {
      answer = { ...answer, ...change };
      if (!frame) frame = requestAnimationFrame(show);
    };
    const show = (): void => {
      frame = 0;
      if (running.current === abort) setTurns([...before, answer]);
    };
    setBusy(true);
    show();
    try {
      const result = await chat(model, messagesOf(before), abort.signal, (piece, stats) => draw({ text: answer.text + piece, state: 'streaming', stats }));
      draw({ state: 'done', stats: result.stats, cut: result.finish === 'length' });
    } catch (e) {
      if (abort.signal.aborted) draw({ state: 'stopped' });
      else draw({ state: 'done', error: { kind: e instanceof ApiError ? e.kind : 'other', detail: e instanceof ApiError ? e.message : String(e) } });
    }
    cancelAnimationFrame(frame);
    show();
    if (running.current === abort) setBusy(false);
  }, []);

  return {
    turns,
    busy,
    send: (model, text) => void ask(model, [...turns, { role: 'user', text }]),
    retry: (model) => void ask(model, turns.slice(0, turns.length - 1)),
    stop: () => running.current?.abort(),
    clear: () => {
      running.current?.abort();
      running.current = null;
      setBusy(false);
      setTurns([]);
    },
  };
}
