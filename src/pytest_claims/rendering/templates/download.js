// ---- what is shown, as a file --------------------------------------------------------------------------------
async function unpack(element) {
  const bytes = Uint8Array.from(atob(element.textContent), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

// The judgements that the filter shows, folded questions included, each as an object.
async function shownRecords() {
  const [records, views] = await Promise.all([unpack(byId("records")), data.listed ? null : details()]);
  const found = [];
  const named = (names, values) => Object.fromEntries(names.map((name, index) => [name, values[index]]));
  for (const row of order) {
    if (data.rows[row].shown === false) continue;
    data.columns.forEach((_, column) => {
      const cell = records.rows[row].cells[column];
      const shown = targetAt(row, column) && cellOf(targetAt(row, column));
      if (!cell || shown.hidden || shown.classList.contains("out")) return;
      found.push({
        ...named(records.of_row, records.rows[row].row),
        ...named(records.of_column, records.columns[column]),
        ...named(records.of_cell, cell),
        reason: cell[records.of_cell.length] ?? views?.[row].views[column].reason ?? "",
      });
    });
  }
  return found;
}

// A text that a spreadsheet would take for a formula begins with an apostrophe; numbers are numbers.
function csvCell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value !== "string") return String(value);
  const safe = /^[\s]*[=+\-@\t\r\n]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function csvOf(records) {
  if (!records.length) return "";
  const names = Object.keys(records[0]);
  const lines = [names, ...records.map((record) => names.map((name) => record[name]))];
  return lines.map((cells) => `${cells.map(csvCell).join(",")}\r\n`).join("");
}

function save(name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

byId("csv").addEventListener("click", async () => save("judgements.csv", "text/csv", csvOf(await shownRecords())));
byId("json").addEventListener("click", async () => {
  const document_ = { citation: document.querySelector(".citation").textContent, shown: address(), judgements: await shownRecords() };
  save("judgements.json", "application/json", `${JSON.stringify(document_, null, 1)}\n`);
});
