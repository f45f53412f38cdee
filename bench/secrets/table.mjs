/** Prints rows of the same columns as Markdown. */
export function printTable(rows) {
  const columns = Object.keys(rows[0]);
  for (const line of [
    columns,
    columns.map(() => "---"),
    ...rows.map((row) => columns.map((column) => row[column])),
  ])
    console.log(`| ${line.join(" | ")} |`);
}
