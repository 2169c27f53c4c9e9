// Takes foreign nodes out of the page while it is hydrated: see src/view/hydrated.rs.
(() => {
  const changes = [];
  const observer = new MutationObserver((records) => changes.push(...records));
  observer.observe(document.body, { childList: true, subtree: true });

  addEventListener('orderwire:hydrate', () => {
    changes.push(...observer.takeRecords());
    observer.disconnect();
    for (const { target, addedNodes, removedNodes, nextSibling } of changes.slice().reverse()) {
      for (const node of addedNodes) node.remove();
      for (const node of removedNodes) target.insertBefore(node, nextSibling);
    }
  }, { once: true });

  addEventListener('orderwire:hydrated', () => {
    for (const { target, addedNodes, removedNodes, nextSibling } of changes) {
      const before = nextSibling?.parentNode === target ? nextSibling : null;
      if (removedNodes.length === 0) for (const node of addedNodes) target.insertBefore(node, before);
    }
    changes.length = 0;
  }, { once: true });
})();
