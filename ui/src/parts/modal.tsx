// What lies above the page and has its attention: the browser's own dialog, which keeps the focus within and gives it back.
import type { ComponentChildren, VNode } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

interface Props {
  label: string;
  kind: 'palette' | 'panel' | 'drawer' | 'box';
  close: () => void;
  children: ComponentChildren;
}

export function Modal({ label, kind, close, children }: Props): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const el = dialog.current!;
    el.showModal();
    return () => el.close();
  }, []);
  return (
    <dialog ref={dialog} class={`modal ${kind}`} aria-label={label} onCancel={(e) => (e.preventDefault(), close())} onClick={(e) => e.target === dialog.current && close()}>
      <div class="inside">{children}</div>
    </dialog>
  );
}
