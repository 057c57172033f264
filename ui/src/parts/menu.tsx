// A button and the things that it offers, in the browser's top layer so that nothing cuts them off.
import type { ComponentChildren, VNode } from 'preact';
import { useId, useRef, useState } from 'preact/hooks';

export interface MenuItem {
  text: string;
  icon?: VNode;
  danger?: boolean;
  run: () => void;
}
interface Props {
  label: string;
  class?: string;
  children: ComponentChildren;
  items: () => MenuItem[];
}

export function Menu({ label, class: name = 'quiet', children, items }: Props): VNode {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  const toggled = (e: ToggleEvent): void => {
    const shown = e.newState === 'open';
    setOpen(shown);
    if (!shown) return;
    place(list.current!, button.current!);
    focusItem(list.current!, 0);
  };
  const onKeyDown = (e: KeyboardEvent): void => {
    const all = [...list.current!.querySelectorAll<HTMLElement>('[role=menuitem]')];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[e.key];
    if (to !== undefined) (e.preventDefault(), focusItem(list.current!, (to + all.length) % all.length));
    else if (e.key === 'Tab') list.current!.hidePopover();
  };
  const run = (item: MenuItem): void => {
    list.current!.hidePopover();
    item.run();
  };
  return (
    <>
      <button ref={button} type="button" class={name} popovertarget={id} aria-haspopup="menu" aria-expanded={open} aria-label={label} title={label}>
        {children}
      </button>
      <div ref={list} id={id} class="menu" popover="auto" role="menu" aria-label={label} onToggle={toggled} onKeyDown={onKeyDown}>
        {open &&
          items().map((item) => (
            <button key={item.text} type="button" role="menuitem" tabIndex={-1} class={item.danger ? 'danger' : undefined} onClick={() => run(item)}>
              {item.icon}
              {item.text}
            </button>
          ))}
      </div>
    </>
  );
}

// The items are drawn by the change of state, one frame later.
function focusItem(list: HTMLElement, n: number): void {
  requestAnimationFrame(() => list.querySelectorAll<HTMLElement>('[role=menuitem]')[n]?.focus());
}

const EDGE_PX = 8;

/** Below the button, or above it where there is more room; never outside of the window, also when that changes. */
export function place(layer: HTMLElement, button: HTMLElement): void {
  const put = (): void => {
    if (!layer.matches(':popover-open')) return window.removeEventListener('resize', put);
    const at = button.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = layer;
    const below = innerHeight - at.bottom;
    const top = below >= height + EDGE_PX || below >= at.top ? at.bottom + 4 : at.top - height - 4;
    layer.style.top = `${Math.max(EDGE_PX, Math.min(top, innerHeight - height - EDGE_PX))}px`;
    layer.style.left = `${Math.max(EDGE_PX, Math.min(at.left, innerWidth - width - EDGE_PX))}px`;
  };
  window.addEventListener('resize', put);
  requestAnimationFrame(put); // its items are drawn by then
}
