// Before the first paint, so that who has chosen a theme never sees the other one. A file of its own: the page's policy allows
// nothing inline.
try {
  const theme = localStorage.getItem('hearth.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // storage is forbidden: the system's theme
}
