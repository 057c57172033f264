// Keeps the page's own files, so that it opens at once and without its server, too. Nothing else is kept: what people write lies
// encrypted on the server and is never in a browser's cache.
/// <reference lib="webworker" />
declare const self: ServiceWorkerGlobalScope;
// Written by the build (vite.config.ts): the files, and a name that changes with any of them.
declare const SHELL_FILES: readonly string[];
declare const SHELL_NAME: string;

self.addEventListener('install', (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(SHELL_NAME);
      await cache.addAll(SHELL_FILES.map((file) => new Request(file, { cache: 'reload' })));
      await self.skipWaiting();
    })(),
  );
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name !== SHELL_NAME) await caches.delete(name);
      await self.clients.claim();
    })(),
  );
});

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== self.location.origin) return;
  // All addresses of the page are one file. The server's is newer than the kept one, and on this machine as quick.
  if (event.request.mode === 'navigate' && url.pathname === '/') event.respondWith(page(event.request));
  else if (SHELL_FILES.includes(url.pathname)) event.respondWith(kept(event.request, url.pathname));
});

async function page(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch {
    return (await caches.match('/', { cacheName: SHELL_NAME })) ?? Response.error();
  }
}

async function kept(request: Request, path: string): Promise<Response> {
  return (await caches.match(path, { cacheName: SHELL_NAME })) ?? fetch(request);
}

export {};
