/** What came of every phase and fault, as text. */
export class Table {
  readonly #title: string;
  readonly #legend: string;
  readonly #columns: readonly string[];
  readonly #cells = new Map<string, Map<string, string>>();

  constructor(title: string, legend: string, columns: readonly string[]) {
    this.#title = title;
    this.#legend = legend;
    this.#columns = columns;
  }

  /** Several results of one cell stand beside one another. */
  add(row: string, column: string, result: string): void {
    const cells = this.#cells.get(row) ?? new Map<string, string>();
    cells.set(column, (cells.get(column) ?? "") + result);
    this.#cells.set(row, cells);
  }

  print(): void {
    const names = [...this.#cells.keys()];
    if (names.length === 0) return;
    const width = Math.max(...names.map((name) => name.length));
    const heads = this.#columns.map((column, index) => `${index + 1} ${column}`);
    const lines = names.map((name) => {
      const cells = this.#columns.map((column) => (this.#cells.get(name)?.get(column) ?? "").padStart(3));
      return `${name.padEnd(width)} ${cells.join("")}`;
    });
    const numbers = this.#columns.map((_, index) => String(index + 1).padStart(3)).join("");
    const size = `${names.length} faults × ${this.#columns.length} phases`;
    const total = [...this.#cells.values()].flatMap((cells) => [...cells.values()]).join("").length;
    console.log(
      [
        `${this.#title}: ${size}, ${total} rotations`,
        heads.join(", "),
        this.#legend,
        "",
        `${" ".repeat(width)} ${numbers}`,
        ...lines,
        "",
      ].join("\n"),
    );
  }
}
