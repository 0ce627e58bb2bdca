function show() {
  // A section of the page that a link leads to is no filter.
  if (location.hash && !location.hash.includes("=") && byId(location.hash.slice(1))) {
    if (stop === null) moveStop(targets().next().value);
    return;
  }
  readAddress();
  showControls();
  const filters = state.verdict.size > 0 || state.kind.size > 0 || state.evidence.size > 0 || state.text !== ""
    || membersBox !== null;
  if (filters || filtered) filter();
  filtered = filters;
  if (stop === null) moveStop(targets().next().value);
  showOpened();
}
for (const link of table.querySelectorAll("td > a")) link.tabIndex = -1;
for (const link of document.querySelectorAll("#sections a, .close a")) {
  link.addEventListener("click", (event) => {
    event.preventDefault(); // the address keeps filters
    const section = byId(link.getAttribute("href").slice(1));
    const go = () => {
      section.scrollIntoView();
      section.focus({ preventScroll: true });
    };
    if (!dialog.open) return go();
    afterClosing = go;
    dialog.close();
    return undefined;
  });
}
window.addEventListener("popstate", show);
window.addEventListener("hashchange", show);
show();
