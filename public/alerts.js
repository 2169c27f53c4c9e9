// Notifications of the desktop, for who has asked for them on the account page: one for each toast that comes while no tab of the site is
// seen. Loaded on the account page, and elsewhere only where they are on (src/view/alerts.rs).
(() => {
  const { alerts } = document.currentScript.dataset;
  const SEEN = 'orderwire:seen';
  if (!('Notification' in window)) return;

  // A browser asks its user only at a press.
  document.querySelector('form[data-preference=alerts]')?.addEventListener('submit', (event) => {
    const { submitter } = event;
    if (!submitter || submitter.value === 'off' || Notification.permission !== 'default') return;
    event.preventDefault();
    Notification.requestPermission().then(() => event.target.requestSubmit(submitter));
  });
  if (Notification.permission === 'denied') document.documentElement.dataset.alertsDenied = '';

  const toasts = document.querySelector('.toasts');
  if (alerts === 'off' || !toasts) return;
  // Whichever tabs are seen hold the lock together.
  let unseen;
  const hold = () => {
    unseen?.();
    unseen = undefined;
    if (!document.hidden) navigator.locks.request(SEEN, { mode: 'shared' }, () => new Promise((resolve) => (unseen = resolve)));
  };
  document.addEventListener('visibilitychange', hold);
  hold();

  new MutationObserver(async (records) => {
    const added = records.flatMap(({ addedNodes }) => [...addedNodes]).filter((node) => node.matches?.('.toast'));
    if (!document.hidden || (await navigator.locks.query()).held.some(({ name }) => name === SEEN)) return;
    for (const toast of added) {
      const [title, body] = ['strong', 'p'].map((name) => toast.querySelector(name)?.textContent ?? '');
      // Tabs that tell of the same thing show it once.
      const notification = new Notification(title, { body, tag: title + body, silent: alerts !== 'sound', icon: '/icons/192.png' });
      notification.onclick = () => window.focus();
    }
  }).observe(toasts, { childList: true });
})();
