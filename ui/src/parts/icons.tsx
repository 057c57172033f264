import type { VNode } from 'preact';

const icon = (path: string) => (): VNode => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">
    <path d={path} />
  </svg>
);

export const IconSend = icon('M12 19V5M6 11l6-6 6 6');
export const IconCopy = icon('M9 9h10v11H9zM5 15V4h10');
export const IconCheck = icon('M5 12.5l4.5 4.5L19 7.5');
export const IconPlus = icon('M12 5v14M5 12h14');
export const IconPencil = icon('M4 20l.8-4L16.5 4.3l3.2 3.2L8 19.2zM14 6.8l3.2 3.2');
export const IconRetry = icon('M20 11a8 8 0 1 0-2.3 6.3M20 5v6h-6');
export const IconForward = icon('M5 6l8 6-8 6zM18 6v12');
export const IconUp = icon('M7 10.5v9H4v-9zM7 10.5l4-7c1.5 0 2.4 1 2.1 2.5L12.5 9H19c1 0 1.7.9 1.5 1.9l-1.3 7c-.2.9-.9 1.6-1.9 1.6H7');
export const IconDown = icon('M7 13.5v-9H4v9zM7 13.5l4 7c1.5 0 2.4-1 2.1-2.5L12.5 15H19c1 0 1.7-.9 1.5-1.9l-1.3-7C19 5.2 18.3 4.5 17.3 4.5H7');
export const IconClip = icon('M20 11.5l-8 8a5 5 0 0 1-7-7L13.5 4a3.4 3.4 0 0 1 4.8 4.8l-8.3 8.3a1.7 1.7 0 0 1-2.4-2.4l7.7-7.7');
export const IconSearch = icon('M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5L20 20');
export const IconClose = icon('M6 6l12 12M18 6L6 18');
export const IconSidebar = icon('M4 5h16v14H4zM9.5 5v14');
export const IconMenu = icon('M4 7h16M4 12h16M4 17h16');
export const IconMore = icon('M6 12h.01M12 12h.01M18 12h.01');
export const IconSliders = icon('M4 8h9M17 8h3M4 16h3M11 16h9M15 5.5v5M9 13.5v5');
export const IconGear = icon('M12 15.2a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4zM12 3v2.5M12 18.5V21M3 12h2.5M18.5 12H21M5.6 5.6l1.8 1.8M16.6 16.6l1.8 1.8M5.6 18.4l1.8-1.8M16.6 7.4l1.8-1.8');
export const IconBox = icon('M4 8l8-4 8 4v8l-8 4-8-4zM4 8l8 4 8-4M12 12v8');
export const IconKey = icon('M8 15.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 11.5h9M18 11.5v3.5M15 11.5v2.5');
export const IconFolder = icon('M4 6h5.5l2 2.5H20V18H4z');
export const IconFile = icon('M6 3.5h8l4 4v13H6zM14 3.5v4h4');
export const IconTrash = icon('M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7');
export const IconLeft = icon('M14.5 6l-6 6 6 6');
export const IconRight = icon('M9.5 6l6 6-6 6');
export const IconChevron = icon('M7 10l5 5 5-5');
export const IconEnd = icon('M12 5v14M6 13l6 6 6-6');

export const IconTool = icon('M14.5 6.5a4 4 0 0 0-5.2 5.2L4 17l3 3 5.3-5.3a4 4 0 0 0 5.2-5.2L15 12l-3-3z');

export const IconStop = (): VNode => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><rect x="6" y="6" width="12" height="12" rx="2.5" fill="currentColor" /></svg>
);

/** The mark: an outer flame and its heart. */
export const Flame = ({ lively = false }: { lively?: boolean }): VNode => (
  <svg class={lively ? 'flame lively' : 'flame'} viewBox="0 0 32 32" aria-hidden="true">
    <path class="outer" d="M16.6 3c.9 4.6-1 6.6-3.4 9.4-2.2 2.5-4.3 5-4.3 8.7a7.6 7.6 0 0 0 15.2 0c0-3-1.3-5.4-2.8-7.2-.2 1.7-.9 2.8-2.1 3.4.6-5.2-.4-10.7-2.6-14.3z" />
    <path class="heart" d="M16.3 17.5c.3 2.2-.7 3.2-1.7 4.4-.8 1-1.4 1.9-1.4 3.2a3.2 3.2 0 0 0 6.4 0c0-2.9-1.5-5.2-3.3-7.6z" />
  </svg>
);
