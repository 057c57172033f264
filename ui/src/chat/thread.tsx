// The branch that is shown. It follows the text as it grows, unless the reader has scrolled up.
import type { RefObject, VNode } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useStore } from '../base/store';
import { useText } from '../i18n';
import { IconEnd } from '../parts/icons';
import { useServices } from '../services';
import { MessageView } from './message';

const NEAR_END_PX = 80;

export function Thread(): VNode {
  const t = useText();
  const { chat } = useServices();
  const id = useStore(chat.store, (c) => c.id);
  const tree = useStore(chat.store, (c) => c.tree);
  const leaf = useStore(chat.store, (c) => c.leaf);
  const writing = useStore(chat.live, (l) => l.id);
  const branch = useMemo(() => tree.branch(leaf), [tree, leaf]);
  const scroller = useRef<HTMLDivElement>(null);
  const { away, toEnd } = useFollowing(scroller, id, branch.length);
  return (
    <div class="scroll-frame">
      <div ref={scroller} class="scroll">
        <div class="thread" role="log" aria-label={t.conversation} aria-busy={writing !== null}>
          {branch.map((m, i) => {
            const versions = tree.siblings(m);
            return <MessageView key={m.id} message={m} versions={versions.length} version={versions.indexOf(m)} last={i === branch.length - 1} />;
          })}
        </div>
        <p class="offscreen" role="status">{writing !== null ? t.answering : t.finished}</p>
      </div>
      {away && <button type="button" class="to-end" onClick={toEnd} aria-label={t.toEnd} title={t.toEnd}><IconEnd /></button>}
    </div>
  );
}

function useFollowing(scroller: RefObject<HTMLDivElement>, id: string | null, length: number): { away: boolean; toEnd: () => void } {
  const following = useRef(true);
  const [away, setAway] = useState(false);
  const toEnd = (): void => {
    const el = scroller.current!;
    following.current = true;
    el.scrollTop = el.scrollHeight;
  };
  useEffect(() => {
    const el = scroller.current!;
    const onScroll = (): void => {
      following.current = el.scrollHeight - el.scrollTop - el.clientHeight < NEAR_END_PX;
      setAway(!following.current);
    };
    const observer = new ResizeObserver(() => following.current && toEnd());
    el.addEventListener('scroll', onScroll, { passive: true });
    observer.observe(el);
    observer.observe(el.firstElementChild!);
    return () => {
      el.removeEventListener('scroll', onScroll);
      observer.disconnect();
    };
  }, []);
  // Another conversation, and a new question, bring the reader to the end.
  useLayoutEffect(toEnd, [id, length]);
  return { away, toEnd };
}
