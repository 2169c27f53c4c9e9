// Takes the nodes that other programs have put into the page out before it is hydrated, and puts them back afterwards.
//
// Password managers add elements to forms and labels, and translators replace text nodes, also before the WebAssembly has come. Hydration
// walks the page as the server rendered it, and would stop at the first node that it does not know.
//
// It stands at the end of the page and runs when the whole page is there: what is added after that is foreign. A text node that was replaced
// stays as the server rendered it; a translator translates it again.
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
