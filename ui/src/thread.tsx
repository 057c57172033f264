// The conversation. It follows the text as it grows, unless the reader has scrolled up.
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { Model, Stats } from './api';
import type { Conversation, Turn } from './conversation';
import { useText, type Texts } from './i18n';
import { Flame, IconRetry } from './icons';
import { CopyButton, Markdown } from './markdown/render';

const NEAR_END_PX = 80;

export function Thread({ conversation, model, retry }: { conversation: Conversation; model: Model | null; retry: () => void }): VNode {
  const t = useText();
  const following = useRef(true);
  const { turns, busy } = conversation;
  useEffect(() => {
    const onScroll = (): void => {
      const page = document.scrollingElement!;
      following.current = page.scrollHeight - page.scrollTop - page.clientHeight < NEAR_END_PX;
    };
    window.addEventListener('scroll', onScroll, { passive: true });
    return () => window.removeEventListener('scroll', onScroll);
  }, []);
  useLayoutEffect(() => {
    if (turns[turns.length - 1]?.role === 'assistant' && following.current) window.scrollTo(0, document.scrollingElement!.scrollHeight);
  }, [turns]);
  // A new question brings the reader back to the end.
  useLayoutEffect(() => {
    following.current = true;
    window.scrollTo(0, document.scrollingElement!.scrollHeight);
  }, [turns.length]);
  return (
    <>
      <h1 class="offscreen">{t.conversation}</h1>
      <div class="thread" role="log" aria-label={t.conversation} aria-busy={busy}>
        {turns.map((turn, i) => <TurnView key={i} turn={turn} model={model} retry={!busy && i === turns.length - 1 ? retry : null} clear={conversation.clear} />)}
      </div>
      <p class="offscreen" role="status">{busy ? t.answering : t.finished}</p>
    </>
  );
}

interface TurnProps {
  turn: Turn;
  model: Model | null;
  retry: (() => void) | null;
  clear: () => void;
}

function TurnView({ turn, model, retry, clear }: TurnProps): VNode {
  const t = useText();
  if (turn.role === 'user')
    return <article class="user" aria-label={t.you}><p>{turn.text}</p></article>;
  const waiting = turn.state === 'waiting';
  return (
    <article class={`answer ${turn.state}`} aria-label={t.answer}>
      {waiting && <p class="waiting"><Flame lively />{model?.state === 'loading' || model?.state === 'cold' ? t.loadingModel : t.waiting}</p>}
      {turn.text && <Markdown text={turn.text} />}
      {turn.error && <Failure error={turn.error} retry={retry} clear={clear} />}
      {!waiting && (turn.text || turn.state === 'stopped') && <Footer turn={turn} retry={turn.error ? null : retry} />}
    </article>
  );
}

const errorTexts: Record<string, keyof Texts> = { offline: 'errorOffline', busy: 'errorBusy', context: 'errorContext', memory: 'errorMemory', model: 'errorModel', other: 'errorOther' };

function Failure({ error, retry, clear }: { error: { kind: string; detail: string }; retry: (() => void) | null; clear: () => void }): VNode {
  const t = useText();
  return (
    <div class="failure" role="alert">
      <p>{t[errorTexts[error.kind] ?? 'errorOther'] as string}</p>
      {error.detail && <p class="detail">{error.detail}</p>}
      {error.kind === 'context' ? (
        <button type="button" class="plain" onClick={clear}>{t.newChat}</button>
      ) : (
        retry && <button type="button" class="plain" onClick={retry}><IconRetry />{t.retry}</button>
      )}
    </div>
  );
}

function Footer({ turn, retry }: { turn: Extract<Turn, { role: 'assistant' }>; retry: (() => void) | null }): VNode {
  const t = useText();
  // While it is being written, an answer shows its speed alone.
  if (turn.state === 'streaming') return <footer><span class="speed">{turn.stats && speed(turn.stats, t)}</span></footer>;
  return (
    <footer>
      {turn.text && <CopyButton text={turn.text} />}
      {retry && <button type="button" class="quiet" onClick={retry} aria-label={t.retry} title={t.retry}><IconRetry /><span class="word">{t.retry}</span></button>}
      <span class="speed">
        {[turn.state === 'stopped' && t.stopped, turn.cut && t.cutOff, turn.stats && speed(turn.stats, t)].filter(Boolean).join(' · ')}
      </span>
    </footer>
  );
}

export function speed(s: Stats, t: Texts): string {
  // A number and its unit stay on one line.
  const parts = [];
  if (s.perSecond !== null) parts.push(`${s.perSecond.toFixed(s.perSecond >= 10 ? 0 : 1)}\u00a0${t.tokensPerSecond}`);
  if (s.firstTokenS !== null) parts.push(`${t.firstToken}\u00a0${s.firstTokenS.toFixed(s.firstTokenS < 1 ? 2 : 1)}\u00a0${t.seconds}`);
  parts.push(`${s.tokens}\u00a0${t.tokens}`);
  return parts.join(' · ');
}
