import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useText } from './i18n';
import { IconSend, IconStop } from './icons';

interface Props {
  ready: boolean;
  busy: boolean;
  offline: boolean;
  send: (text: string) => void;
  stop: () => void;
}

export function Composer({ ready, busy, offline, send, stop }: Props): VNode {
  const t = useText();
  const [text, setText] = useState('');
  const area = useRef<HTMLTextAreaElement>(null);
  const can = ready && !busy && text.trim() !== '';

  useLayoutEffect(() => {
    const el = area.current!;
    el.style.height = 'auto';
    el.style.height = `${el.scrollHeight}px`;
  }, [text]);
  useEffect(() => {
    // A phone's keyboard should come when it is asked for; and who is elsewhere on the page stays there.
    if (document.activeElement === document.body && matchMedia('(hover: hover)').matches) area.current?.focus();
  }, [busy]);
  useEffect(() => {
    const onKey = (e: KeyboardEvent): void => {
      if (e.key === 'Escape' && busy) stop();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [busy, stop]);

  const submit = (): void => {
    if (!can) return;
    send(text.trim());
    setText('');
  };
  const onKeyDown = (e: KeyboardEvent): void => {
    // While a Chinese or Japanese word is being composed, Enter chooses it.
    if (e.key !== 'Enter' || e.shiftKey || e.isComposing || e.keyCode === 229) return;
    e.preventDefault();
    submit();
  };
  return (
    <form class="composer" aria-label={t.placeholder} onSubmit={(e) => (e.preventDefault(), submit())}>
      <div class="box">
        <textarea ref={area} rows={1} value={text} placeholder={t.placeholder} aria-label={t.message} enterkeyhint="send" onInput={(e) => setText(e.currentTarget.value)} onKeyDown={onKeyDown} />
        {busy ? (
          <button type="button" class="round" onClick={stop} aria-label={t.stop} title={`${t.stop} (Esc)`}><IconStop /></button>
        ) : (
          <button type="submit" class="round" disabled={!can} aria-label={t.send} title={t.send}><IconSend /></button>
        )}
      </div>
      <p class="hint" role={offline ? 'alert' : undefined}>{offline ? t.offlineNow : t.keys}</p>
    </form>
  );
}
