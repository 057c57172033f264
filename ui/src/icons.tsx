import type { VNode } from 'preact';

const icon = (path: string) => (): VNode => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round">
    <path d={path} />
  </svg>
);

export const IconSend = icon('M12 19V5M6 11l6-6 6 6');
export const IconCopy = icon('M9 9h10v11H9zM5 15V4h10');
export const IconCheck = icon('M5 12.5l4.5 4.5L19 7.5');
export const IconPlus = icon('M12 5v14M5 12h14');
export const IconRetry = icon('M20 11a8 8 0 1 0-2.3 6.3M20 5v6h-6');

export const IconStop = (): VNode => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><rect x="5" y="5" width="14" height="14" rx="3" fill="currentColor" /></svg>
);

/** The mark: an outer flame and its heart. */
export const Flame = ({ lively = false }: { lively?: boolean }): VNode => (
  <svg class={lively ? 'flame lively' : 'flame'} viewBox="0 0 32 32" aria-hidden="true">
    <path class="outer" d="M16.6 3c.9 4.6-1 6.6-3.4 9.4-2.2 2.5-4.3 5-4.3 8.700a7.6 7.6 0 0 0 15.2 0c0-3-1.3-5.4-2.8-7.2-.2 1.7-.9 2.8-2.1 3.4.6-5.2-.4-10.7-2.6-14.300z" />
    <path class="heart" d="M16.3 17.500c.3 2.2-.7 3.2-1.7 4.4-.8 1-1.4 1.9-1.4 3.200a3.2 3.2 0 0 0 6.4 0c0-2.9-1.5-5.2-3.3-7.600z" />
  </svg>
);
